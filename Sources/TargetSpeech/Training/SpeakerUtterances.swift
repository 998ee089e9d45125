import AudioDSP
import Foundation
import NeuralCore
import Synchronization
import Training

/// Utterances as a speaker encoder hears them, with the teacher's vectors, each prepared once.
final class SpeakerUtterances: Sendable {
    let collection: AudioCollection
    private let teacher: SpeakerEncoder
    private let known = Mutex<[Int: Utterance]>([:])

    private struct Utterance: Sendable {
        /// `[frames, bands]`; empty where there is no speech.
        var features: [Float]
        var embedding: [Float]
    }

    init(_ collection: AudioCollection, teacher: SpeakerEncoder) {
        (self.collection, self.teacher) = (collection, teacher)
    }

    /// A stretch of a talker's utterance; talkers are equally likely.
    func example(using random: inout Philox) throws -> SpeakerExample {
        let bands = SpeakerFeatures.bandCount, wanted = teacher.partials.frameCount
        for _ in 0..<100 {
            let members = collection.recordingsByGroup[random.nextInt(below: collection.groups.count)]
            let utterance = try utterance(members[random.nextInt(below: members.count)])
            let frames = utterance.features.count / bands
            guard frames > 0 else { continue }
            let start = frames > wanted ? random.nextInt(below: frames - wanted + 1) : 0
            let features = Array(utterance.features[start * bands..<min(frames, start + wanted) * bands])
            let silence = [Float](repeating: 0, count: wanted * bands - features.count)
            return SpeakerExample(features: features + silence, embedding: utterance.embedding)
        }
        throw TargetSpeechError.noSpeech(of: "example")
    }

    /// At most `count` utterances, taken from all talkers in turn.
    func spread(_ count: Int) throws -> [(talker: Int, stretches: Tensor, embedding: [Float])] {
        var result: [(talker: Int, stretches: Tensor, embedding: [Float])] = []
        let most = collection.recordingsByGroup.map(\.count).max() ?? 0
        for place in 0..<most {
            for (talker, members) in collection.recordingsByGroup.enumerated() where place < members.count && result.count < count {
                let signal = UtterancePreparation.prepare(samples(of: members[place]))
                guard !signal.isEmpty else { continue }
                let stretches = try teacher.stretches(ofPrepared: signal)
                result.append((talker, stretches, unitRows(teacher.network(stretches).mean(axes: [0])).values))
            }
        }
        return result
    }

    private func samples(of recording: Int) -> [Float] {
        collection.excerpt(of: recording, from: 0, count: collection.frameCount(of: recording))
    }

    private func utterance(_ recording: Int) throws -> Utterance {
        if let utterance = known.withLock({ $0[recording] }) { return utterance }
        let signal = UtterancePreparation.prepare(samples(of: recording))
        let utterance = signal.isEmpty
            ? Utterance(features: [], embedding: [])
            : try Utterance(features: SpeakerFeatures()(signal), embedding: teacher.vector(ofPrepared: signal))
        known.withLock { $0[recording] = utterance }
        return utterance
    }
}
