import ArgumentParser
import ModelLibrary
import TargetSpeech
import Training

/// What the commands take that train on binaural scenes.
struct SceneOptions: ParsableArguments {
    @Option(help: ArgumentHelp("A folder of noise recordings; without it there is no background.", valueName: "dir"))
    var noise: String?
    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Heads: SOFA files, or folders of azi_A_ele_E_….wav files.", valueName: "path"))
    var hrtf: [String]
    @Option(help: ArgumentHelp("A folder of measured impulse responses for a part of the scenes.", valueName: "dir"))
    var rooms: String?
    @Option(
        help: ArgumentHelp(
            "Whose vectors of clean speech are the truth: a speaker model, or a checkpoint of Resemblyzer.", valueName: "model"))
    var speaker: String?

    func folders(_ options: TrainingOptions) -> SceneTrainingFolders {
        SceneTrainingFolders(
            speech: options.speech, noise: noise, heads: hrtf, rooms: rooms, validationSpeech: options.validSpeech,
            validationNoise: options.validNoise)
    }

    /// - Parameter enrollment: the name of a model that enrols from noisy examples; nil to do without.
    func teacher(enrollment: String? = nil) throws -> VoiceTeacher {
        let encoder = try SpeakerEncoder(named: speaker)
        let network = try enrollment.map { name in
            let file = try ModelStore().model(name, kind: .enrollment)
            return (network: try enrollingNetwork(file), model: Voice.Model(name: file.name, sha256: try file.contentHash()))
        }
        return VoiceTeacher(enrollment: network) { try encoder.vector(of: $0) }
    }
}

extension SpeakerEncoder {
    /// An installed model, a file of one or a checkpoint of Resemblyzer; nil for the default model.
    init(named name: String?) throws {
        if let name, name.hasSuffix(".pt") {
            try self.init(checkpoint: name)
        } else {
            try self.init(ModelStore().model(name, kind: .speaker))
        }
    }
}
