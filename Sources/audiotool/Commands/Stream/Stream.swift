import ArgumentParser

struct Stream: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Clean speech or let one voice through while it sounds.",
        discussion: """
            Sound comes from standard input, a file or a microphone and goes to standard output, a file or a loudspeaker. \
            WAV needs no options; raw samples need --format and --rate. The output has the input's form and as many frames.

            Examples:
              arecord -f S16_LE -r 16000 | audiotool stream extract --voice alice.voice | aplay
              audiotool stream enhance --list-devices
              audiotool stream enhance --input-device headset --output-device headset
              ffmpeg -i talk.mp4 -f f32le -ac 1 -ar 48000 - | \\
                  audiotool stream enhance --format f32le --rate 48000 --compensate > clean.f32
            """,
        subcommands: [StreamExtract.self, StreamEnhance.self])
}
