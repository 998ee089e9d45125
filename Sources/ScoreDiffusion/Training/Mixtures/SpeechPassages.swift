import AudioDSP
import Foundation
import NeuralCore
import Training

/// Cuts passages of single talkers out of a collection of utterances.
struct SpeechPassages: Sendable {
    /// A passage and where it is from.
    struct Passage {
        var samples: [Float]
        var speaker: String
        var utterances: [String]
        var speed: Float
    }

    let collection: AudioCollection
    private let speakers: WeightedChoice

    /// Speakers are drawn in proportion to the square root of what there is of them: much of one voice counts for
    /// more than little, but does not drown the others.
    init(_ collection: AudioCollection) {
        self.collection = collection
        speakers = WeightedChoice(weights: collection.recordingsByGroup.map { members in
            Double(members.reduce(0) { $0 + collection.frameCount(of: $1) }).squareRoot()
        })
    }

    /// A passage of `count` samples of one speaker, other than those in `excluded` where there is a choice.
    ///
    /// Tries a few cuts until at least a tenth of it is speech. Utterances that are too short are joined with a pause.
    func passage(count: Int, speed: Interval, excluding excluded: Set<Int> = [], using random: inout Philox) -> (Passage, speaker: Int) {
        var speaker = speakers.draw(using: &random)
        for _ in 0..<4 where excluded.contains(speaker) { speaker = speakers.draw(using: &random) }
        let others = excluded.contains(speaker) ? collection.groups.indices.filter { !excluded.contains($0) } : []
        if !others.isEmpty { speaker = others[random.nextInt(below: others.count)] }
        let factor = random.uniform(in: speed)
        let length = SpeedChange.sourceLength(for: count, speed: factor)
        var best = cut(length, of: speaker, using: &random)
        for _ in 0..<3 where ActivityGate.activeShare(of: best.samples, sampleRate: collection.sampleRate) < 0.1 {
            best = cut(length, of: speaker, using: &random)
        }
        let samples = SpeedChange.apply(best.samples, speed: factor, count: count)
        return (
            Passage(samples: samples, speaker: collection.groups[speaker], utterances: best.utterances, speed: factor),
            speaker
        )
    }

    private func cut(_ length: Int, of speaker: Int, using random: inout Philox) -> (samples: [Float], utterances: [String]) {
        let members = collection.recordingsByGroup[speaker]
        var samples: [Float] = []
        var utterances: [String] = []
        samples.reserveCapacity(length)
        while samples.count < length {
            let recording = members[random.nextInt(below: members.count)]
            let frames = collection.frameCount(of: recording)
            let wanted = length - samples.count
            if samples.isEmpty, frames >= wanted {
                let start = random.nextInt(below: frames - wanted + 1)
                samples = collection.excerpt(of: recording, from: start, count: wanted)
            } else {
                if samples.isEmpty {
                    samples += [Float](repeating: 0, count: random.nextInt(below: max(1, min(wanted - frames, collection.sampleRate / 4))))
                }
                samples += collection.excerpt(of: recording, from: 0, count: min(frames, length - samples.count))
                let pause = Int(random.uniform(in: Interval(0.05, 0.4)) * Float(collection.sampleRate))
                samples += [Float](repeating: 0, count: max(0, min(pause, length - samples.count)))
            }
            utterances.append(collection.recordings[recording].relativePath)
        }
        return (samples, utterances)
    }
}
