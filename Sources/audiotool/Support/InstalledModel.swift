import AudioEmbeddings
import ModelLibrary
import MusicRL
import ScoreDiffusion
import TargetSpeech

enum InstalledModel {
    /// Builds what a model file describes, so that a file that cannot be used is told at once.
    static func check(_ file: ModelFile) throws {
        switch ModelFile.Kind(rawValue: file.kind) {
        case .streamingEnhancer where EnhancerModel.describes(file): _ = try StreamingEnhancer(EnhancerModel(file))
        case .extractor, .streamingEnhancer: _ = try TFGridNetExtractor(file)
        case .enrollment: _ = try EnrollmentNetwork(file)
        case .music: try MusicModel(file).check()
        case .textEncoder: _ = try TextConditioner(file)
        case .codec: _ = try file.audioCodec()
        case .audioEncoder, .audioTextEncoder: _ = try EncoderLibrary.encoder(file)
        default: _ = try file.speechModel()
        }
    }

    /// Writes a model's weights for PyTorch, under their published names.
    static func export(_ file: ModelFile, to path: String) throws {
        switch ModelFile.Kind(rawValue: file.kind) {
        case .streamingEnhancer where EnhancerModel.describes(file): try ModelExport.write(file, to: path)
        case .extractor, .streamingEnhancer: try PublishedTargetCheckpoint.write(TFGridNetExtractor(file), to: path)
        case .enrollment: try PublishedTargetCheckpoint.write(EnrollmentNetwork(file), to: path)
        case .music, .textEncoder, .audioEncoder, .audioTextEncoder: try ModelExport.write(file, to: path)
        default: try ModelExport.write(file, to: path)
        }
    }
}
