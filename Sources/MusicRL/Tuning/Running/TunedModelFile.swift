import ModelLibrary
import NeuralCore

/// Writes a tuned decoder with the other parts of its model as a model file.
enum TunedModelFile {
    /// - Parameters:
    ///   - sampling: how its clips were drawn, which is how it draws from now on.
    ///   - tuning: what the file says about how it was made.
    static func write(
        _ decoder: MusicGenDecoder, of model: MusicModel, sampling: SamplingSettings, tuning: JSONObject, to path: String
    ) throws {
        let file = model.file, attached = file.attachedFiles
        let source = ReplacedTensors(
            base: RenamedTensors(file.file) { attached.contains($0) ? nil : $0 }, changes: LayerTensors(decoder), prefix: "decoder.")
        guard var settings = file.settings.object else { return }
        let generation = (settings["generation"]?.object ?? JSONObject())
            .setting("temperature", to: .number(sampling.temperature)).setting("top_k", to: .integer(sampling.topK))
            .setting("top_p", to: .number(sampling.topP)).setting("guidance_scale", to: .number(sampling.guidance))
        settings = settings.setting("generation", to: .object(generation)).setting("tuning", to: .object(tuning)).setting("default", to: .bool(false))
        var metadata = file.file.metadata
        metadata["config"] = JSONValue.object(settings).text
        try SafeTensorsFile.write(
            source, files: try attached.map { ($0, try file.file.bytes($0)) }, metadata: metadata, to: path)
    }

    private struct ReplacedTensors: TensorSource {
        let base: RenamedTensors
        let changes: LayerTensors
        let prefix: String

        var path: String { base.path }
        var names: [String] { base.names }
        func contains(_ name: String) -> Bool { base.contains(name) }
        func shape(_ name: String) throws -> [Int] { try base.shape(name) }

        func tensor(_ name: String) throws -> Tensor {
            try changed(name).map { try changes.tensor($0) } ?? base.tensor(name)
        }

        /// What was tuned is kept exact.
        func dtype(_ name: String) throws -> StoredType { changed(name) == nil ? try base.dtype(name) : .float32 }

        private func changed(_ name: String) -> String? {
            let own = name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : ""
            return changes.contains(own) ? own : nil
        }
    }
}
