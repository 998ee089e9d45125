import Alignment
import ArgumentParser
import AudioDSP
import Foundation
import ModelLibrary
import MusicRL
import NeuralCore

/// Clips that are chosen by rewards: the best of several, or the best of several that were steered while drawn.
struct ChosenGeneration {
    enum Way {
        case bestOf(Int)
        case steered(Steering)
    }

    let prompt: String
    let outputs: [String]
    let seed: UInt64
    let seconds: Double
    let way: Way
    let rewards: RewardSet
    let generator: MusicGenerator
    let sampling: SamplingSettings

    /// What was made, as `--json` prints it.
    struct Made: Encodable {
        var file: String
        var reward: Double
        var seed: UInt64
        /// Rewards of all that it was chosen from.
        var rewards: [Double]
        /// KL(best of n ‖ model) in nats is at most this.
        var divergenceBound: Double?
        var resamplings: Int?
    }

    func run(_ session: GenerationSession) throws {
        guard rewards.kind != .distribution else {
            throw CommandFailure("\(rewards.name) is a reward of whole sets; a single clip cannot be chosen by it.")
        }
        let interruption = Interruption()
        do {
            let made = try outputs.enumerated().map { try make($0, output: $1, session) { interruption.isRequested } }
            session.console.clearProgress()
            if session.printsJSON { try JSONOutput.print(made) }
        } catch is CancellationError {
            session.console.clearProgress()
            throw ExitCode(130)
        }
    }

    private func make(_ index: Int, output: String, _ session: GenerationSession, isCancelled: @escaping @Sendable () -> Bool) throws -> Made {
        func show(_ share: Double) throws {
            if isCancelled() { throw CancellationError() }
            session.console.progress(String(format: "clip %d of %d  %.0f %%", index + 1, outputs.count, 100 * share))
        }
        switch way {
        case .bestOf(let count):
            // Every candidate is the plain clip of its seed.
            let seeds = (0..<count).map { seed &+ UInt64(index * count + $0) }
            let request = MusicRequest(prompt: prompt, seconds: seconds, seeds: seeds, sampling: sampling)
            let empty = AudioBuffer(channels: [[Float]](repeating: [], count: generator.model.channels), sampleRate: generator.model.sampleRate)
            var sounds = [AudioBuffer](repeating: empty, count: count)
            try generator.generate(request, onProgress: { try show($0.done / $0.total) }, into: { sounds[$0].append($1) })
            let batch = ClipBatch(zip(seeds, sounds).map { Clip(name: "the clip of seed \($0)", source: .sound($1), prompt: prompt) })
            let report = try rewards.report(on: batch), totals = report.totals
            guard let best = report.kept.max(by: { totals[$0] ?? 0 < totals[$1] ?? 0 }), let reward = totals[best] else {
                throw CommandFailure("No clip has a reward.")
            }
            try write(sounds[best], to: output)
            try writeRecord(output, seed: seeds[best])
            let bound = BestOfN.divergence(count)
            session.console.note(String(
                format: "%@: reward %.4g, the best of %d (%.4g to %.4g), seed %@; the choice is at most %.3g nats away from the model", output,
                reward, count, totals.compactMap { $0 }.min() ?? 0, reward, "\(seeds[best])", bound))
            return Made(
                file: output, reward: reward, seed: seeds[best], rewards: totals.compactMap { $0 }, divergenceBound: bound, resamplings: nil)
        case .steered(let steering):
            let own = seed &+ UInt64(index)
            let request = MusicRequest(prompt: prompt, seconds: seconds, seeds: [own], sampling: sampling)
            let clip = try generator.generate(request, steering: steering, rewards: rewards, onProgress: show)
            try write(clip.sound, to: output)
            session.console.note(String(
                format: "%@: reward %.4g, the best of %d that were steered (%.4g to %.4g, resampled %d times), seed %@", output, clip.reward,
                steering.particles, clip.rewards.min() ?? 0, clip.rewards.max() ?? 0, clip.resamplings, "\(own)"))
            return Made(file: output, reward: clip.reward, seed: own, rewards: clip.rewards, divergenceBound: nil, resamplings: clip.resamplings)
        }
    }

    /// The bytes that a plain generation writes.
    private func write(_ sound: AudioBuffer, to path: String) throws {
        let writer = try AudioFileWriter(
            path: path, format: .matching(outputPath: path), sampleRate: sound.sampleRate, channels: sound.channels.count)
        defer { writer.cancel() }
        try writer.write(sound)
        _ = try writer.finish()
    }

    /// The best of several is a plain clip: its record makes it again.
    private func writeRecord(_ output: String, seed: UInt64) throws {
        let model = generator.model.file
        let record = MusicRecord(
            program: Audiotool.program, prompt: prompt, seconds: seconds, seed: seed, sampling: sampling, precision: generator.precision,
            model: .init(name: model.name, sha256: try model.contentHash()), start: nil,
            sound: .init(name: (output as NSString).lastPathComponent, sha256: try SHA256.digest(ofFile: output)))
        try OutputFile.write(record.data(), to: (output as NSString).deletingPathExtension + ".json")
    }
}
