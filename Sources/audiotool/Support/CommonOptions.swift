import ArgumentParser

/// How much a command says.
struct CommonOptions: ParsableArguments {
    @Flag(help: "Print errors only.") var quiet = false
    @Flag(help: "Print what is done and with which settings.") var verbose = false

    func validate() throws {
        if quiet, verbose { throw ValidationError("--quiet and --verbose contradict each other.") }
    }
}
