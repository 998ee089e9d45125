import AudioDSP
import Foundation
import NeuralCore
import Training

/// A fixed set of whole utterances with noise or in rooms, and of utterances as they are, to measure models on.
///
/// Speakers, noises and rooms take turns, so that every one of them occurs about equally often; the SNRs are spread
/// evenly over the range. The same folders and seed give the same samples.
public struct TestSet: Sendable {
    public struct Settings: Sendable {
        public var mixtures = 40
        public var cleanUtterances = 10
        /// Active speech level over noise level in dB.
        public var snr = Interval(-5, 15)
        /// Active speech level in dB below full scale.
        public var level: Float = -26
        /// Longer utterances are cut to this many seconds, shorter ones than one second are passed over.
        public var longest: Float = 12
        public var seed: UInt64 = 1
        public init() {}
    }

    /// One mixture, or an utterance alone where `noise` and `room` are `nil`.
    public struct Item: Codable, Sendable, Equatable {
        public var name: String
        public var speech: String
        public var noise: String?
        public var snr: Float?
        /// The impulse response; what should stay of it are its first 50 ms.
        public var room: String?

        public var isMixture: Bool { noise != nil || room != nil }
    }

    public let items: [Item]
    private let settings: Settings
    private let speech: AudioCollection
    private let noise: AudioCollection?
    private let rooms: AudioCollection?

    /// - Parameters:
    ///   - noise: noises; nil for none.
    ///   - rooms: measured impulse responses; nil leaves the speech dry.
    /// - Throws: `AudioFolderError.tooLittle` when no utterance is long enough.
    public init(speech: AudioCollection, noise: AudioCollection?, rooms: AudioCollection? = nil, settings: Settings) throws {
        (self.speech, self.noise, self.rooms, self.settings) = (speech, noise, rooms, settings)
        var random = RandomPurpose.validation.generator(run: settings.seed, stream: 1)
        let usable = speech.recordingsByGroup.map { $0.filter { speech.frameCount(of: $0) >= speech.sampleRate } }.filter { !$0.isEmpty }
        guard !usable.isEmpty else {
            throw AudioFolderError.tooLittle(role: speech.role, path: "given", seconds: 0, needed: 1)
        }
        let total = settings.mixtures + settings.cleanUtterances
        let speakers = Self.turns(of: usable.count, count: total, using: &random)
        let noises = Self.turns(of: noise?.recordings.count ?? 1, count: settings.mixtures, using: &random)
        let ranks = Self.turns(of: max(1, settings.mixtures), count: settings.mixtures, using: &random)
        let responses = rooms.map { Self.turns(of: $0.recordings.count, count: settings.mixtures, using: &random) }
        var used: Set<Int> = []
        items = (0..<total).map { index in
            let fresh = usable[speakers[index]].filter { !used.contains($0) }
            let choices = fresh.isEmpty ? usable[speakers[index]] : fresh
            let utterance = choices[random.nextInt(below: choices.count)]
            used.insert(utterance)
            let isMixture = index < settings.mixtures
            let share = isMixture ? (Float(ranks[index]) + 0.5) / Float(settings.mixtures) : 0
            let number = isMixture ? index + 1 : index - settings.mixtures + 1
            return Item(
                name: (isMixture ? "mixture-" : "clean-") + String(repeating: "0", count: max(0, 3 - String(number).count)) + String(number),
                speech: speech.recordings[utterance].relativePath,
                noise: isMixture ? noise?.recordings[noises[index]].relativePath : nil,
                snr: isMixture && noise != nil ? settings.snr.lower + share * (settings.snr.upper - settings.snr.lower) : nil,
                room: isMixture ? responses.flatMap { rooms?.recordings[$0[index]].relativePath } : nil)
        }
    }

    /// The samples of an item, levels after ITU-T P.56; both are the same for an utterance without noise.
    public func samples(of item: Item) throws -> (noisy: [Float], clean: [Float]) {
        let index = items.firstIndex(of: item) ?? 0
        var random = RandomPurpose.validation.generator(run: settings.seed, stream: 2 + index)
        let utterance = speech.recordings.firstIndex { $0.relativePath == item.speech } ?? 0
        let count = min(speech.frameCount(of: utterance), Int(settings.longest * Float(speech.sampleRate)))
        var clean = speech.excerpt(of: utterance, from: 0, count: count)
        let active = (try ActiveSpeechLevel.measure(clean, sampleRate: speech.sampleRate).active).map { Float($0) } ?? settings.level
        Self.scale(&clean, by: pow(10, (settings.level - active) / 20))
        var noisy = clean
        if let name = item.room, let rooms {
            let response = rooms.recordings.firstIndex { $0.relativePath == name } ?? 0
            (noisy, clean) = try RoomResponse(
                measured: rooms.excerpt(of: response, from: 0, count: rooms.frameCount(of: response)), sampleRate: rooms.sampleRate
            ).reverberate(clean)
        }
        if let name = item.noise, let snr = item.snr, let noise {
            let recording = noise.recordings.firstIndex { $0.relativePath == name } ?? 0
            var added = Self.audible(count, of: recording, in: noise, using: &random)
            let power = ActivityGate.power(of: added[...])
            Self.scale(&added, by: power > 0 ? pow(10, (settings.level - snr) / 20) / power.squareRoot() : 0)
            for index in noisy.indices { noisy[index] += added[index] }
        }
        let peak = noisy.reduce(Float(0)) { max($0, abs($1)) }
        if peak > 0.99 {
            Self.scale(&noisy, by: 0.99 / peak)
            Self.scale(&clean, by: 0.99 / peak)
        }
        return (noisy, clean)
    }

    /// A cut that is not silent, if one is found in a few tries.
    private static func audible(_ count: Int, of recording: Int, in noise: AudioCollection, using random: inout Philox) -> [Float] {
        var samples: [Float] = []
        for _ in 0..<4 {
            let frames = noise.frameCount(of: recording)
            let start = random.nextInt(below: max(1, frames >= count ? frames - count + 1 : frames))
            samples = noise.loop(of: recording, from: start, count: count)
            if ActivityGate.power(of: samples[...]) > 1e-5 { break }
        }
        return samples
    }

    private static func scale(_ samples: inout [Float], by gain: Float) {
        for index in samples.indices { samples[index] *= gain }
    }

    /// Shuffled rounds through 0..<n.
    private static func turns(of n: Int, count: Int, using random: inout Philox) -> [Int] {
        var result: [Int] = []
        while result.count < count {
            var round = Array(0..<n)
            for index in stride(from: n - 1, to: 0, by: -1) { round.swapAt(index, random.nextInt(below: index + 1)) }
            result += round
        }
        return Array(result.prefix(count))
    }
}
