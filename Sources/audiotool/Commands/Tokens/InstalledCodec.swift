import ModelLibrary
import MusicRL

enum InstalledCodec {
    /// - Parameters:
    ///   - name: An installed codec or a file; nil for the default.
    ///   - codebooks: How many to use; nil for all.
    static func find(_ name: String?, codebooks: Int? = nil) throws -> RecordingCodec {
        do {
            return try RecordingCodec(ModelStore().model(name, kind: .codec), codebooks: codebooks)
        } catch ModelError.noModels {
            throw CommandFailure(
                "No codec is installed. Import one ('audiotool models import encodec_24khz/'), train one ('audiotool train codec'), "
                    + "or name a file with --model.")
        }
    }
}
