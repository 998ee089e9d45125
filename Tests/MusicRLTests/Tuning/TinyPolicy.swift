import Alignment
import Foundation
import NeuralCore
import Testing
import Training

@testable import MusicRL

/// A policy over clips so short that all of them can be listed, and a reward of each.
struct TinyPolicy {
    let decoder: MusicGenDecoder
    let frames: Int
    let texts: [TextStates?]
    let distribution: SampledDistribution
    /// All clips of the first prompt.
    let clips: [CodeSequence]

    init(codes: Int = 3, codebooks: Int = 1, frames: Int = 2, sampling: SamplingSettings = .init(topK: 0, guidance: 1), seed: UInt64 = 3) throws {
        let configuration = MusicGenConfiguration(
            codes: codes, codebooks: codebooks, width: 16, feedForwardWidth: 32, layers: 1, heads: 2)
        var rng = Philox(seed: seed)
        decoder = MusicGenDecoder(configuration, using: &rng)
        self.frames = frames
        texts = [TextStates(.gaussian([3, 16], using: &rng)), TextStates(.gaussian([2, 16], using: &rng))]
        distribution = try SampledDistribution(sampling)
        let places = codebooks * frames
        clips = (0..<Int(pow(Double(codes), Double(places)))).map { number in
            var rest = number
            let flat = (0..<places).map { _ in
                defer { rest /= codes }
                return Int32(rest % codes)
            }
            return CodeSequence(prompt: 0, codes: (0..<codebooks).map { Array(flat[$0 * frames..<($0 + 1) * frames]) })
        }
    }

    var pattern: DelayPattern { decoder.configuration.pattern }
    var scorer: PolicyScorer { PolicyScorer(distribution: distribution, pattern: pattern, texts: texts, chunk: 16) }

    /// log π of every clip.
    func logProbabilities(_ decoder: MusicGenDecoder) -> [Double] {
        scorer.scores(clips, by: decoder).map { $0.logarithms.reduce(0) { $0 + Double($1) } }
    }

    /// A reward of a clip: different for different clips, between 0 and about 1.5.
    static func reward(_ clip: CodeSequence) -> Double {
        clip.codes.enumerated().reduce(0) { sum, row in
            sum + row.element.enumerated().reduce(0) { $0 + partReward(Int($1.element), frame: $1.offset, codebook: row.offset) }
        }
    }

    static func partReward(_ code: Int, frame: Int, codebook: Int) -> Double {
        [0.7, 0, 0.4, 0.2][(code + frame + 2 * codebook) % 4] + 0.03 * Double(code * (frame + 1))
    }

    var rewards: [Double] { clips.map(Self.reward) }

    /// How far a policy has come from the start to the best there is, 1 being all the way: by E r − β KL.
    func progress(_ policy: MusicGenDecoder, beta: Double) throws -> Double {
        let start = logProbabilities(decoder), now = logProbabilities(policy)
        let best = try RegularizedOptimum(reference: start, rewards: rewards, beta: beta).value
        func value(_ policy: [Double]) -> Double {
            RegularizedOptimum.objective(policy: policy, reference: start, rewards: rewards, beta: beta)
        }
        return (value(now) - value(start)) / (best - value(start))
    }

    /// Expected reward.
    func expectation(_ policy: MusicGenDecoder) -> Double {
        zip(logProbabilities(policy), rewards).reduce(0) { $0 + exp($1.0) * $1.1 }
    }

    func material(judge: (any ClipJudge)? = FunctionJudge(), preferences: PreferenceSet? = nil) -> TuningRunner.Material {
        TuningRunner.Material(
            prompts: ["one", "two"], texts: texts, training: [0], heldOut: [1], judge: judge, preferences: preferences,
            window: wideWindow, frames: frames)
    }

    /// A run in a folder that is removed by the caller.
    func runner(
        _ settings: TuningConfiguration, folder: String, resuming: Bool = false, material: TuningRunner.Material? = nil,
        report: @escaping (TuningEvent) -> Void = { _ in }
    ) throws -> TuningRunner {
        let run = try RunFolder(folder, resuming: resuming)
        try run.write(StrictSettings.encode(settings), to: run.configurationPath)
        return try TuningRunner(
            settings, decoder: decoder, material: material ?? self.material(), folder: run,
            export: { try SafeTensorsFile.write($0.namedParameters(), to: $1); _ = $2 }, report: report)
    }

    /// Settings that suit such a policy.
    var settings: TuningConfiguration {
        var settings = TuningConfiguration()
        (settings.sampling, settings.adapters.rank, settings.beta) = (distribution.settings, 0, 0.5)
        (settings.prompts, settings.samples, settings.rounds) = (1, 64, 150)
        settings.gradient.standardizes = false
        settings.optimization.learningRate = 0.02
        settings.optimization.finalLearningRate = 0.0005
        settings.optimization.updates = 1
        settings.optimization.clipsAtOnce = 64
        settings.evaluation.every = 1000
        settings.evaluation.roundsWithoutSignal = 1000
        return settings
    }
}

/// Rewards by a function of the codes.
struct FunctionJudge: ClipJudge {
    var kind = RewardKind.instance
    var reward: @Sendable (CodeSequence) -> Double? = { TinyPolicy.reward($0) }
    /// Of sets, by their clips.
    var setReward: (@Sendable ([CodeSequence]) throws -> Double)?

    func judge(_ clips: [CodeSequence], names: [String], isHeldOut: Bool) throws -> Judgement {
        if let setReward {
            return Judgement(
                trained: .init(name: "set", clips: nil) { members in try setReward(members.map { clips[$0] }) },
                kept: Array(clips.indices))
        }
        let rewards = clips.map(reward)
        if let bad = rewards.firstIndex(where: { $0?.isNaN == true }) {
            throw AlignmentError.undefinedReward(reward: "function", clip: names[bad], reason: "the value is nan, not a finite number")
        }
        return Judgement(trained: .init(name: "function", clips: rewards), kept: clips.indices.filter { rewards[$0] != nil })
    }

    func judgeParts(_ clips: [CodeSequence], names: [String], count: Int) throws -> [[Double]?] {
        clips.map { clip in
            (0..<count).map { part in
                let frames = part * clip.frames / count..<(part + 1) * clip.frames / count
                // The mean over parts is the clip's reward.
                return Double(count) * frames.reduce(0) { sum, frame in
                    sum + clip.codes.indices.reduce(0) { $0 + TinyPolicy.partReward(Int(clip.codes[$1][frame]), frame: frame, codebook: $1) }
                }
            }
        }
    }
}

/// A folder that is gone afterwards.
func withFolder<Value>(_ body: (String) throws -> Value) throws -> Value {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("tuning-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try body(folder)
}

func expectNear(_ actual: Double, _ expected: Double, absolute: Double, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(abs(actual - expected) <= absolute, "\(actual) instead of \(expected)", sourceLocation: sourceLocation)
}

extension TunedPolicy {
    /// Moves all parameters a little, always in the same way.
    mutating func nudge() throws {
        struct Nudge: ParameterVisitor {
            var path = "", rng = Philox(seed: 5)
            mutating func visit(_ name: String, _ parameter: inout Tensor) {
                parameter = parameter + 0.1 * Tensor.gaussian(parameter.shape, using: &rng)
            }
            mutating func visitBuffer(_ name: String, _ buffer: inout Tensor) {}
        }
        var nudge = Nudge()
        try visitParameters(&nudge)
    }
}
