import ArgumentParser

struct Preferences: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Learn a reward from choices between clips, or simulate such choices.",
        subcommands: [PreferencesTrain.self, PreferencesSimulate.self])
}
