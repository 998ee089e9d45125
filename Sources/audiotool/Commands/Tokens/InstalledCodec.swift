import ModelLibrary
import MusicRL

enum InstalledCodec {
    /// - Parameters:
    ///   - name: An installed codec or a file; nil for the default.
    ///   - codebooks: How many to use; nil for all.
    static func find(_ name: String?, codebooks: Int? = nil) throws -> RecordingCodec {
        try RecordingCodec(file(name, option: "--model"), codebooks: codebooks)
    }

    /// - Parameter option: What names a file.
    static func file(_ name: String?, option: String) throws -> ModelFile {
        do {
            return try ModelStore().model(name, kind: .codec)
        } catch ModelError.noModels {
            throw CommandFailure(
                "No codec is installed. Import one ('audiotool models import encodec_24khz/'), train one ('audiotool train codec'), "
                    + "or name a file with \(option).")
        }
    }
}
