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
        case .extractor, .streamingEnhancer: _ = try extractorNetwork(file)
        case .enrollment: _ = try enrollingNetwork(file)
        case .speaker: _ = try SpeakerEncoder(file)
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
        case .extractor where !isLight(file), .streamingEnhancer:
            try PublishedTargetCheckpoint.write(TFGridNetExtractor(file), to: path)
        case .enrollment where !isLight(file): try PublishedTargetCheckpoint.write(EnrollmentNetwork(file), to: path)
        default: try ModelExport.write(file, to: path)
        }
    }

    /// Whether a target speech model is of our own design, whose names no published program knows.
    private static func isLight(_ file: ModelFile) -> Bool { file.settings["network"]["family"].string != nil }
}
