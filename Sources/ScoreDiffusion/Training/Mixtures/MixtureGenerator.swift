import AudioDSP
import Foundation
import NeuralCore
import Training

/// Draws training examples. Example `i` depends on the seed, the settings, the recordings and `i` alone, so that a
/// resumed run, or one with more threads, sees the same examples in the same order.
///
///     let generator = MixtureGenerator(speech: speech, noise: noise, rooms: [], settings: MixtureSettings(), seed: 7)
///     let mixture = try generator.example(12)        // .noisy and .clean, 32,000 samples each at 16 kHz
public struct MixtureGenerator: Sendable {
    public let settings: MixtureSettings
    public let seed: UInt64
    public let sampleRate: Int
    /// Samples in an example.
    public let length: Int
    private let speech: SpeechPassages
    private let noise: NoisePassages?
    private let rooms: [RoomScene]

    /// - Parameter noise: without it no example has noise.
    public init(speech: AudioCollection, noise: AudioCollection?, rooms: [RoomScene], settings: MixtureSettings, seed: UInt64) {
        precondition(noise.map { speech.sampleRate == $0.sampleRate } ?? true, "speech and noise need one sample rate")
        self.settings = settings
        self.seed = seed
        sampleRate = speech.sampleRate
        length = Int((settings.seconds * Float(speech.sampleRate)).rounded())
        self.speech = SpeechPassages(speech)
        let passages = self.speech
        self.noise = noise.map { NoisePassages($0, speech: passages, settings: settings) }
        self.rooms = rooms
    }

    public func example(_ index: Int) throws -> Mixture {
        var random = Philox(seed: seed, stream: UInt64(index))
        let scene = try scene(using: &random)
        guard random.chance(settings.sceneChange), length > 1 else { return scene }
        let position = 1 + random.nextInt(below: length - 1)
        return scene.followed(by: try self.scene(level: scene.recipe.level, using: &random), at: position)
    }

    /// - Parameter level: of the speech, where it is not to be drawn.
    private func scene(level: Float? = nil, using random: inout Philox) throws -> Mixture {
        var recipe = MixtureRecipe()
        let kind = random.nextUniform()
        let hasSpeech = noise == nil || kind >= settings.noiseOnly
        let hasNoise = noise != nil && (kind < settings.noiseOnly || kind >= settings.noiseOnly + settings.clean)

        var clean = [Float](repeating: 0, count: length), heard = clean
        var talker: Int?
        let room = !rooms.isEmpty && random.chance(settings.rooms) ? random.nextInt(below: rooms.count) : nil
        recipe.room = room
        if hasSpeech {
            let (passage, speaker) = speech.passage(count: length, speed: settings.speechSpeed, using: &random)
            (recipe.speaker, recipe.utterances, recipe.speed) = (passage.speaker, passage.utterances, passage.speed)
            talker = speaker
            var samples = passage.samples
            recipe.isFiltered = random.chance(settings.filtering)
            if recipe.isFiltered { RandomFilter.equalizer(sampleRate: sampleRate, using: &random).apply(to: &samples) }
            (heard, clean) = try room.map { try rooms[$0].render(samples, target: settings.roomTarget) } ?? (samples, samples)
        }
        var noisePassage = hasNoise ? noise?.passage(count: length, speaker: talker, using: &random) : nil
        if let room, let dry = noisePassage?.samples { noisePassage?.samples = try rooms[room].renderNoise(dry) }
        recipe.noiseKind = noisePassage?.kind ?? .none
        recipe.noises = noisePassage?.names ?? []

        recipe.isBandLimited = random.chance(settings.bandLimiting)
        if recipe.isBandLimited {
            let filter = RandomFilter.lowPass(frequency: random.uniform(in: Interval(3400, 7000)), sampleRate: sampleRate)
            filter.apply(to: &clean)
            filter.apply(to: &heard)
            if noisePassage != nil { filter.apply(to: &noisePassage!.samples) }
        }
        let snr = random.uniform(in: settings.snr)
        let drawn = random.uniform(in: settings.level)
        recipe.level = level ?? drawn
        if hasSpeech, hasNoise { recipe.snr = snr }
        return try mix(clean: clean, heard: heard, noise: noisePassage?.samples, snr: snr, recipe: recipe)
    }

    /// Sets the levels (of the speech after ITU-T P.56) and adds; both signals are turned down together where the sum would pass full scale.
    private func mix(clean: [Float], heard: [Float], noise: [Float]?, snr: Float, recipe: MixtureRecipe) throws -> Mixture {
        var recipe = recipe
        let speechLevel = try ActiveSpeechLevel.measure(heard, sampleRate: sampleRate).active.map { Float($0) }
        let speechGain = speechLevel.map { pow(10, (recipe.level - $0) / 20) } ?? 0
        let noiseLevel = speechLevel == nil ? recipe.level : recipe.level - snr
        let noisePower = noise.map { ActivityGate.power(of: $0[...]) } ?? 0
        let noiseGain = noisePower > 0 ? pow(10, noiseLevel / 20) / noisePower.squareRoot() : 0
        if noiseGain == 0 || speechLevel == nil { recipe.snr = nil }

        var target = clean, noisy = heard
        var peak: Float = 0
        for index in noisy.indices {
            target[index] *= speechGain
            noisy[index] = noisy[index] * speechGain + (noise.map { $0[index] * noiseGain } ?? 0)
            peak = max(peak, abs(noisy[index]), abs(target[index]))
        }
        if peak > 0.99 {
            let scale = 0.99 / peak
            for index in noisy.indices {
                noisy[index] *= scale
                target[index] *= scale
            }
            recipe.level += 20 * log10(scale)
        }
        return Mixture(noisy: noisy, clean: target, recipe: recipe)
    }
}
