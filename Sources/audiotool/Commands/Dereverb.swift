import ArgumentParser

struct Dereverb: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Remove reverberation from recordings of speech.",
        discussion: """
            Examples:
              audiotool dereverb hall.wav                           (writes hall-dereverb.wav)
              audiotool dereverb hall.wav --attenuation-limit 12    (leaves some of the room)
              audiotool dereverb in/ -o out/ --skip-existing        (a folder; after a stop)

            The direct sound and the reflections of its first 50 ms stay. Otherwise it works as 'audiotool enhance', \
            which removes noise; where both are in the way, enhance first.
            """)

    @OptionGroup var options: CleaningOptions

    func run() throws { try options.run(.dereverberator, suffix: "-dereverb") }
}
