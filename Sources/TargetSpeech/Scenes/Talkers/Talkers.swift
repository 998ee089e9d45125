import AudioDSP
import Foundation
import NeuralCore
import Training

/// The talkers of a speech collection, for scenes of several at a time.
struct Talkers: Sendable {
    /// What one talker says in a scene.
    struct Utterance: Sendable {
        /// From the first to the last sound; levels are measured on this.
        var samples: [Float]
        /// In samples.
        var start: Int
        var recordings: [String]
    }

    let collection: AudioCollection
    /// Of each recording, the number of the original it is from.
    private let originals: [Int]
    /// Talkers who can be enrolled and then extracted: those with two originals, else two recordings, else all.
    let targets: [Int]

    /// - Parameter needed: Talkers that a scene may need at once.
    init(_ collection: AudioCollection, origins: UtteranceOrigins, needed: Int, path: String) throws {
        guard collection.groups.count >= needed else {
            throw SceneError.tooFewTalkers(path: path, talkers: collection.groups.count, needed: needed)
        }
        var numbers: [String: Int] = [:]
        let originals = collection.recordings.map { recording -> Int in
            let name = origins.original(of: recording)
            let number = numbers[name] ?? numbers.count
            numbers[name] = number
            return number
        }
        self.collection = collection
        self.originals = originals
        let members = collection.recordingsByGroup
        let ranks = members.map { recordings in
            Set(recordings.map { originals[$0] }).count > 1 ? 2 : recordings.count > 1 ? 1 : 0
        }
        // Talkers with two recordings of one original still let the enrolment differ from the target.
        let best = ranks.contains { $0 > 0 } ? 1 : 0
        targets = ranks.indices.filter { ranks[$0] >= best }
    }

    func name(_ talker: Int) -> String { collection.groups[talker] }

    /// Different talkers, none of them in `excluded`.
    func draw(_ count: Int, excluding excluded: Set<Int>, using random: inout Philox) -> [Int] {
        var left = collection.groups.indices.filter { !excluded.contains($0) }
        return (0..<min(count, left.count)).map { _ in left.remove(at: random.nextInt(below: left.count)) }
    }

    /// A recording to enrol a talker with.
    func enrollmentRecording(of talker: Int, using random: inout Philox) -> Int {
        let members = collection.recordingsByGroup[talker]
        return members[random.nextInt(below: members.count)]
    }

    /// The talker's recordings other than the enrolment: of another original where there is one, else another recording,
    /// else the same.
    func recordings(of talker: Int, besides enrollment: Int?) -> [Int] {
        let members = collection.recordingsByGroup[talker]
        guard let enrollment else { return members }
        let others = members.filter { originals[$0] != originals[enrollment] }
        if !others.isEmpty { return others }
        let pieces = members.filter { $0 != enrollment }
        return pieces.isEmpty ? members : pieces
    }

    /// Something for a scene of `count` samples out of `choices`. One utterance, cut where it is longer; where it leaves
    /// more than `largestGap` samples at the end, others follow after pauses of 0.2 to 0.8 s.
    ///
    /// - Parameter start: Samples before the first, pulled back where the utterance would overrun.
    func utterance(_ choices: [Int], count: Int, start: Int, largestGap: Int, using random: inout Philox) throws -> Utterance {
        var recording = choices[0], samples: [Float] = []
        for _ in 0..<8 {
            recording = choices[random.nextInt(below: choices.count)]
            samples = cut(recording, atMost: count, using: &random)
            if try isAudible(samples) { break }
        }
        guard try isAudible(samples) else {
            throw SceneError.silentMaterial(role: "recording", name: collection.recordings[recording].relativePath)
        }
        var utterance = Utterance(
            samples: samples, start: min(start, count - samples.count), recordings: [collection.recordings[recording].relativePath])
        while count - utterance.start - utterance.samples.count > largestGap {
            let pause = Int(random.uniform(in: Interval(0.2, 0.8)) * Float(collection.sampleRate))
            let room = count - utterance.start - utterance.samples.count - pause
            guard room > collection.sampleRate / 5 else { break }
            let next = choices[random.nextInt(below: choices.count)]
            utterance.samples += [Float](repeating: 0, count: pause)
            utterance.samples += Self.faded(
                collection.excerpt(of: next, from: 0, count: min(room, collection.frameCount(of: next))), sampleRate: collection.sampleRate)
            utterance.recordings.append(collection.recordings[next].relativePath)
        }
        return utterance
    }

    private func isAudible(_ samples: [Float]) throws -> Bool {
        try Loudness.cookbook(samples, sampleRate: collection.sampleRate) > Loudness.cookbookFloor + 1
    }

    private func cut(_ recording: Int, atMost count: Int, using random: inout Philox) -> [Float] {
        let frames = collection.frameCount(of: recording)
        let start = frames > count ? random.nextInt(below: frames - count + 1) : 0
        return Self.faded(
            collection.excerpt(of: recording, from: start, count: min(frames, count)), sampleRate: collection.sampleRate)
    }

    /// Quarter periods of a sine over 10 ms at both ends.
    static func faded(_ samples: [Float], sampleRate: Int) -> [Float] {
        var samples = samples
        let length = min(sampleRate / 100, samples.count / 2)
        for index in 0..<length {
            let gain = Float(sin(.pi / 2 * Double(index) / Double(length)))
            samples[index] *= gain
            samples[samples.count - 1 - index] *= gain
        }
        return samples
    }
}
