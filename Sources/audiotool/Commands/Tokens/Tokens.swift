import ArgumentParser

struct Tokens: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Turn recordings into codes of an audio codec, and codes into recordings.",
        discussion: """
            Examples:
              audiotool tokens encode song.flac -o song.safetensors
              audiotool tokens decode song.safetensors -o again.wav

            The file of codes names the codec that made it, and holds one tensor, codes: [streams, codebooks, frames], a \
            stream for each channel of the recording.
            """,
        subcommands: [Encode.self, Decode.self])
}
