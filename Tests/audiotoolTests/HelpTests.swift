import Testing

@Suite struct HelpTests {
    @Test func versionIsPrinted() throws {
        let outcome = try Tool.run("--version")
        #expect(outcome.code == 0)
        #expect(outcome.text.wholeMatch(of: /\d+\.\d+\.\d+\n/) != nil)
        #expect(outcome.errors.isEmpty)
    }

    /// CASES C23, C67: the strength knob is in the first screen, and the help says how to choose a model.
    @Test(arguments: [["--help"], ["enhance", "--help"], ["dereverb", "--help"]])
    func helpShowsExamplesFirst(_ arguments: [String]) throws {
        let outcome = try Tool.run(arguments)
        #expect(outcome.code == 0)
        let screen = outcome.text.split(separator: "\n", omittingEmptySubsequences: false).prefix(24).joined(separator: "\n")
        #expect(screen.contains(arguments[0] == "dereverb" ? "audiotool dereverb hall.wav" : "audiotool enhance street.wav"))
        #expect(screen.contains("--attenuation-limit"))
        #expect(outcome.text.contains("audiotool models"))
    }

    @Test(arguments: [
        "enhance", "dereverb", "enroll", "extract", "stream", "train", "models", "info", "evaluate", "score", "embed", "plot", "mix",
        "generate", "tokens", "tune", "preferences",
    ])
    func everyCommandExplainsItself(_ command: String) throws {
        let outcome = try Tool.run(command, "--help")
        #expect(outcome.code == 0)
        #expect(outcome.text.contains("OVERVIEW"))
    }

    @Test(arguments: ["bash", "zsh", "fish"])
    func completionsAreGenerated(_ shell: String) throws {
        let outcome = try Tool.run("--generate-completion-script", shell)
        #expect(outcome.code == 0)
        #expect(outcome.text.contains("attenuation-limit"))
    }

    @Test(arguments: [
        ["enhance"], ["enhance", "x.wav", "--wrong"], ["enhance", "x.wav", "--steps", "0"], ["enhance", "x.wav", "--steps", "many"],
        ["enhance", "x.wav", "--threads", "0"], ["enhance", "x.wav", "--attenuation-limit", "-3"],
        ["enhance", "x.wav", "--attenuation-limit", "nan"], ["enhance", "x.wav", "--rate", "7"], ["enhance", "-", "-"],
        ["enhance", "x.wav", "-o", "-", "--json"], ["enhance", "x.wav", "--quiet", "--verbose"], ["unheard-of"],
        ["plot", "x.wav", "-o", "x.jpg"],
    ])
    func wrongUsageIsExplained(_ arguments: [String]) throws {
        let outcome = try Tool.run(arguments)
        #expect(outcome.code == 64)
        #expect(outcome.errors.hasPrefix("Error: "))
        #expect(outcome.output.isEmpty)
    }
}
