import AudioDSP
import Foundation
import NeuralCore
import Training

/// Draws noises: recordings, pairs of them, babble of training speakers, coloured noise.
struct NoisePassages: Sendable {
    struct Passage {
        var samples: [Float]
        var kind: MixtureRecipe.NoiseKind
        var names: [String]
    }

    let collection: AudioCollection
    let speech: SpeechPassages
    let settings: MixtureSettings
    private let recordings: WeightedChoice

    init(_ collection: AudioCollection, speech: SpeechPassages, settings: MixtureSettings) {
        self.collection = collection
        self.speech = speech
        self.settings = settings
        recordings = WeightedChoice(weights: collection.recordings.indices.map {
            Double(collection.frameCount(of: $0)).squareRoot()
        })
    }

    /// `count` samples of noise. `speaker` is the talker of the example, who takes no part in babble.
    func passage(count: Int, speaker: Int?, using random: inout Philox) -> Passage {
        let kind = random.nextUniform()
        let talkers = speech.collection.groups.count - (speaker == nil ? 0 : 1)
        if kind < settings.babble, talkers > 0 { return babble(count: count, without: speaker, using: &random) }
        if kind < settings.babble + settings.colouredNoise { return coloured(count: count, using: &random) }
        var (samples, name) = recording(count: count, using: &random)
        guard random.chance(settings.secondNoise) else { return Passage(samples: samples, kind: .recording, names: [name]) }
        let (second, secondName) = recording(count: count, using: &random)
        let level = random.uniform(in: settings.secondNoiseLevel)
        let first = ActivityGate.power(of: samples[...]), other = ActivityGate.power(of: second[...])
        if other > 0, first > 0 {
            let gain = (first / other).squareRoot() * pow(10, level / 20)
            for index in samples.indices { samples[index] += gain * second[index] }
        }
        return Passage(samples: samples, kind: .twoRecordings, names: [name, secondName])
    }

    /// A cut of one recording, repeated where it is too short, not from a silent stretch if that can be helped.
    private func recording(count: Int, using random: inout Philox) -> (samples: [Float], name: String) {
        let speed = random.uniform(in: settings.noiseSpeed)
        let length = SpeedChange.sourceLength(for: count, speed: speed)
        var samples: [Float] = [], name = ""
        for _ in 0..<4 {
            let recording = recordings.draw(using: &random)
            let frames = collection.frameCount(of: recording)
            let start = random.nextInt(below: max(1, frames >= length ? frames - length + 1 : frames))
            samples = collection.loop(of: recording, from: start, count: length)
            name = collection.recordings[recording].relativePath
            if ActivityGate.power(of: samples[...]) > 1e-5 { break }
        }
        samples = SpeedChange.apply(samples, speed: speed, count: count)
        if random.chance(settings.filtering) {
            RandomFilter.spectralTilt(using: &random).apply(to: &samples)
        }
        return (samples, name)
    }

    private func babble(count: Int, without speaker: Int?, using random: inout Philox) -> Passage {
        var sum = [Float](repeating: 0, count: count)
        var names: [String] = []
        var excluded: Set<Int> = speaker.map { [$0] } ?? []
        let (fewest, most) = (Int(settings.babbleTalkers.lower), Int(settings.babbleTalkers.upper))
        let talkers = fewest + random.nextInt(below: most - fewest + 1)
        for _ in 0..<min(talkers, speech.collection.groups.count - excluded.count) {
            let (passage, index) = speech.passage(count: count, speed: settings.speechSpeed, excluding: excluded, using: &random)
            excluded.insert(index)
            let level = random.uniform(in: Interval(-6, 3))
            guard let active = ActivityGate.level(of: passage.samples, sampleRate: collection.sampleRate) else { continue }
            let gain = pow(10, (level - active) / 20)
            for sample in sum.indices { sum[sample] += gain * passage.samples[sample] }
            names.append(passage.speaker)
        }
        return Passage(samples: sum, kind: .babble, names: names)
    }

    private func coloured(count: Int, using random: inout Philox) -> Passage {
        var samples = (0..<count).map { _ in random.nextGaussian() }
        let slope = random.uniform(in: Interval(0, 0.98))
        var state: Float = 0
        for index in samples.indices {
            state = slope * state + samples[index]
            samples[index] = state
        }
        RandomFilter.equalizer(sampleRate: collection.sampleRate, using: &random).apply(to: &samples)
        return Passage(samples: samples, kind: .coloured, names: [])
    }
}
