import Alignment
import AudioDSP
import Foundation
import NeuralCore

/// How clips are steered towards a reward while they are drawn.
///
/// Several clips of one prompt are drawn side by side. Every so often what there is of each is judged; those that fall
/// behind are replaced by copies of those that do well, and all go on with random numbers of their own. The target is
/// p(x) exp(λ r(x)). R. Singhal et al., "A general framework for inference-time scaling and steering of diffusion
/// models", 2025; here for codes, whose past is copied.
public struct Steering: Sendable, Equatable {
    /// Clips drawn side by side.
    public var particles: Int
    /// λ.
    public var strength: Double
    /// Seconds of music between two judgements.
    public var interval: Double

    public init(particles: Int = 8, strength: Double = 10, interval: Double = 2) {
        (self.particles, self.strength, self.interval) = (particles, strength, interval)
    }

    /// - Throws: ``MusicGenerationError/invalidOption(name:value:allowed:)``.
    public func validate() throws {
        guard (2...64).contains(particles) else {
            throw MusicGenerationError.invalidOption(name: "number of particles", value: "\(particles)", allowed: "from 2 to 64")
        }
        guard strength > 0, strength.isFinite else {
            throw MusicGenerationError.invalidOption(name: "strength", value: "\(strength)", allowed: "above 0")
        }
        guard interval > 0, interval <= MusicRequest.longestDuration else {
            throw MusicGenerationError.invalidOption(name: "interval", value: "\(interval)", allowed: "above 0")
        }
    }
}

/// The best of the clips that were steered.
public struct SteeredClip: Sendable {
    public var sound: AudioBuffer
    public var reward: Double
    /// Times that clips were replaced by others.
    public var resamplings: Int
    /// Of all clips at the end.
    public var rewards: [Double]
}

extension MusicGenerator {
    /// Makes one clip for a request's first seed.
    ///
    /// - Parameters:
    ///   - rewards: of single clips.
    ///   - onProgress: called for each frame with the share that is done; what it throws ends the work.
    /// - Throws: ``MusicGenerationError``, `AlignmentError` for rewards of sets and where no clip has a reward at the end.
    public func generate(
        _ request: MusicRequest, steering: Steering, rewards: RewardSet, onProgress: (Double) throws -> Void = { _ in }
    ) throws -> SteeredClip {
        try request.validate()
        try steering.validate()
        guard rewards.kind != .distribution else { throw Self.needsClips(rewards) }
        let frames = max(1, Int((request.seconds * model.frameRate).rounded(.up)))
        let condition = try model.text.states(request.prompt).map { TextCondition($0, for: weights) }
        let count = steering.particles, every = max(1, Int((steering.interval * model.frameRate).rounded()))
        var random = Philox(seed: request.seeds[0], stream: 0x5eed)
        let seeds = (0..<count).map { _ in random.next() as UInt64 }
        let generator = try TokenGenerator(
            weights, texts: seeds.map { _ in condition }, seeds: seeds, settings: request.sampling, window: model.window,
            frames: frames)
        let judge = RewardJudge(model: model, prompts: [request.prompt], rewards: rewards)
        var logWeights = [Double](repeating: 0, count: count), last: [Double]?, resamplings = 0
        let codes = try generator.generate(onFrame: { frame, _ in try onProgress(Double(frame + 1) / Double(frames)) }) { frame, codes in
            guard (frame + 1) % every == 0, frames - frame - 1 >= every / 2 else { return nil }
            let now = try partialRewards(codes, judge, names: "at frame \(frame + 1)")
            // The difference to the last judgement; the first one is against the clips' mean, which weighs all alike.
            let before = last ?? [Double](repeating: now.reduce(0, +) / Double(count), count: count)
            for index in 0..<count { logWeights[index] += steering.strength * (now[index] - before[index]) }
            last = now
            let top = logWeights.max() ?? 0, weights = logWeights.map { exp($0 - top) }
            guard ParticleSteering.effectiveSampleSize(weights) < Double(count) / 2 else { return nil }
            let sources = ParticleSteering.systematicResampling(weights, offset: Double(random.nextUniform()))
            last = sources.map { now[$0] }
            logWeights = [Double](repeating: 0, count: count)
            resamplings += 1
            return sources
        }
        let clips = codes.map { CodeSequence(prompt: 0, codes: $0) }
        let totals = try judge.rewards(clips, names: (1...count).map { "clip \($0)" })
        guard let best = totals.indices.filter({ totals[$0] != nil }).max(by: { totals[$0]! < totals[$1]! }) else {
            throw AlignmentError.undefinedSetReward(reward: rewards.name, reason: "no clip has one")
        }
        var sound = try judge.sounds([clips[best]])[0]
        let samples = max(1, Int((request.seconds * model.codec.sampleRate).rounded()))
        for channel in sound.channels.indices { sound.channels[channel] = Array(sound.channels[channel].prefix(samples)) }
        return SteeredClip(
            sound: sound, reward: totals[best] ?? .nan, resamplings: resamplings, rewards: totals.compactMap { $0 })
    }

    /// Rewards of unfinished clips; one that has none yet counts as the worst of the others.
    private func partialRewards(_ codes: [[[Int32]]], _ judge: RewardJudge, names: String) throws -> [Double] {
        let clips = codes.map { CodeSequence(prompt: 0, codes: $0) }
        let totals = try judge.rewards(clips, names: clips.indices.map { "clip \($0 + 1) \(names)" })
        let worst = totals.compactMap { $0 }.min() ?? 0
        return totals.map { $0 ?? worst }
    }

    static func needsClips(_ rewards: RewardSet) -> AlignmentError {
        .invalid(what: rewards.name, reason: "it is a reward of whole sets; a single clip cannot be chosen by it")
    }
}
