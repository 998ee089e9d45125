import ArgumentParser

@main
struct Audiotool: ParsableCommand {
    static let version = "0.1.0"
    /// Name and version, as reports carry them.
    static let program = "audiotool \(version)"

    static let configuration = CommandConfiguration(
        commandName: "audiotool",
        abstract: "Clean up recordings of speech, and make music.",
        discussion: """
            Examples:
              audiotool enhance street.wav                        (-> street-enhanced.wav)
              audiotool enhance recordings/ -o clean/             (a folder and its tree)
              audiotool enhance talk.flac --attenuation-limit 12  (keeps some noise)
              audiotool dereverb hall.wav                         (removes the room)
              audiotool enroll alice.wav -o alice.voice           (learns a voice)
              audiotool extract party.wav --voice alice.voice     (keeps that voice)
              arecord | audiotool stream enhance | aplay          (while it sounds)
              audiotool generate "a slow waltz" -o waltz.wav      (makes music)
              audiotool tune --prompts p.txt --reward r.yaml -o run  (tunes the model of music with rewards)
              audiotool score generated/ --reference liked/       (music against a folder that sounds right)
              audiotool models                                    (what is installed)
              audiotool info talk.flac                            (what a file holds)
            """,
        version: version,
        subcommands: [
            Enhance.self, Dereverb.self, Enroll.self, Extract.self, Stream.self, Generate.self, Models.self, Info.self,
            Tune.self, Preferences.self, Evaluate.self, Score.self, Embed.self, Plot.self, Train.self, Mix.self, Mixtures.self, Tokens.self, Captions.self,
        ])
}
