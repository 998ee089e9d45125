import ArgumentParser

struct Enhance: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Remove noise from recordings of speech.",
        discussion: """
            Examples:
              audiotool enhance street.wav                  (writes street-enhanced.wav)
              audiotool enhance street.wav -o clean.flac    (another name and format)
              audiotool enhance street.wav --attenuation-limit 12   (too strong? like this)
              audiotool enhance in/ -o out/ --skip-existing         (a folder; after a stop)
              ffmpeg -i talk.m4a -f wav - | audiotool enhance - -o - | aplay

            Any rate and number of channels. The output has the input's length, rate, channels, level and timing; \
            WAV keeps the bit depth. Each channel is cleaned by itself. Above the model's band (8 kHz for the default \
            model) the sound follows the gain of the model's highest band.
            """)

    @OptionGroup var options: CleaningOptions

    func run() throws { try options.run(.enhancer, suffix: "-enhanced") }
}
