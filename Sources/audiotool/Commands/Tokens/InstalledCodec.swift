import ModelLibrary
import MusicRL

enum InstalledCodec {
    /// - Parameters:
    ///   - name: An installed codec, a model of music, which has one, or a file; nil for the default, which is the default
    ///     model of music's where no codec is installed.
    ///   - codebooks: How many to use; nil for all.
    static func find(_ name: String?, codebooks: Int? = nil) throws -> RecordingCodec {
        let store = ModelStore(), file: ModelFile
        do {
            file = try store.model(name, kind: .codec, or: .music)
        } catch ModelError.noModels {
            do { file = try store.model(nil, kind: .music) } catch ModelError.noModels { throw missing(option: "--model") }
        }
        return try RecordingCodec(file, codebooks: codebooks)
    }

    /// A file of a codec alone.
    ///
    /// - Parameter option: What names a file.
    static func file(_ name: String?, option: String) throws -> ModelFile {
        do { return try ModelStore().model(name, kind: .codec) } catch ModelError.noModels { throw missing(option: option) }
    }

    private static func missing(option: String) -> CommandFailure {
        CommandFailure(
            "No codec is installed. Import one ('audiotool models import encodec_24khz/'), train one ('audiotool train codec'), "
                + "or name a file with \(option).")
    }
}
