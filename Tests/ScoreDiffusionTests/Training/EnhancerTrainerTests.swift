import Foundation
import NeuralCore
import Synchronization
import Testing

@testable import ScoreDiffusion
@testable import Training

@Suite struct EnhancerTrainerTests {
    private typealias Configuration = TrainingConfiguration<FilterObjective.Settings, FilterObjective.Weights>
    private let folder = TemporaryFolder()

    private func configuration(steps: Int = 24) -> Configuration {
        var configuration = Configuration(model: .init(), loss: .init())
        configuration.mixtures.seconds = 0.25
        configuration.optimization.steps = steps
        configuration.optimization.batchSize = 4
        configuration.optimization.learningRate = 0.02
        configuration.optimization.warmUpSteps = 3
        configuration.optimization.averageDecay = 0.8
        configuration.validation.every = 8
        configuration.validation.mixtures = 2
        configuration.validation.seconds = 1
        configuration.validation.heldOut = 0.3
        configuration.checkpoints.steps = 5
        return configuration
    }

    /// Runs until the end, or until `stopAfter` steps have been reported.
    @discardableResult
    private func train(
        _ name: String, _ configuration: Configuration, resume: Bool = false, stopAfter: Int? = nil
    ) throws -> (outcome: TrainingOutcome, events: [TrainingEvent]) {
        if !FileManager.default.fileExists(atPath: folder.path + "/speech") { try Recordings.write(to: folder.path) }
        let settings = folder.path + "/\(name).json"
        try StrictSettings.encode(configuration).write(to: URL(fileURLWithPath: settings))
        var run = TrainingRun(output: folder.path + "/" + name)
        (run.configuration, run.resume) = (settings, resume)
        let stop = Flag()
        run.limits = TrainingLimits { stop.isRaised }
        var events: [TrainingEvent] = []
        let outcome = try run.execute(
            on: TrainingFolders(speech: folder.path + "/speech", noise: folder.path + "/noise"), defaults: Configuration(model: .init(), loss: .init()),
            objective: { FilterObjective(settings: $0.model) },
            network: { settings, random in .init(taps: Linear(settings.model.taps, 1, using: &random)) },
            report: { event in
                events.append(event)
                if case .step(let progress) = event, progress.step == stopAfter { stop.raise() }
            })
        return (outcome, events)
    }

    private final class Flag: Sendable {
        private let value = Atomic(false)
        var isRaised: Bool { value.load(ordering: .relaxed) }
        func raise() { value.store(true, ordering: .relaxed) }
    }

    private func log(_ name: String) throws -> String {
        try String(contentsOfFile: folder.path + "/\(name)/log.jsonl", encoding: .utf8)
    }

    private func bytes(_ name: String, _ file: String = "model.safetensors") throws -> Data {
        try Data(contentsOf: URL(fileURLWithPath: folder.path + "/\(name)/\(file)"))
    }

    private func losses(_ name: String) throws -> [Double] {
        try log(name).split(separator: "\n").compactMap { try? JSONDecoder().decode(StepEntry.self, from: Data($0.utf8)).loss.map(Double.init) }
    }

    @Test func learnsAndExportsAModel() throws {
        let (outcome, events) = try train("run", configuration(steps: 120))
        #expect(outcome == .finished(step: 120))
        let losses = try losses("run")
        #expect(losses.count == 120)
        let first: Double = losses.prefix(20).reduce(0, +), last: Double = losses.suffix(20).reduce(0, +)
        #expect(last < 0.5 * first)
        let model = try SafeTensorsFile(path: folder.path + "/run/model.safetensors")
        #expect(model.metadata["kind"] == "filter" && model.metadata["training.step"] == "120")
        #expect(model.names == ["taps.weight", "taps.bias"])
        let validations = events.compactMap { if case .validation(let step, let report as ValidationReport, _) = $0 { (step, report) } else { nil } }
        #expect(validations.map(\.0) == Array(stride(from: 8, through: 120, by: 8)))
        #expect(validations.allSatisfy { $0.1.noisy.siSDR.isFinite && $0.1.enhanced[1]?.estoi.isFinite == true })
        #expect(FileManager.default.fileExists(atPath: folder.path + "/run/best.safetensors"))
    }

    @Test(arguments: [1, 8, 13, 23])
    func anInterruptedRunGoesOnBitForBit(stop: Int) throws {
        try train("whole", configuration())
        let (outcome, _) = try train("parts", configuration(), stopAfter: stop)
        #expect(outcome == .interrupted(step: stop))
        #expect(try train("parts", configuration(), resume: true).outcome == .finished(step: 24))
        #expect(try log("whole") == log("parts"))
        for file in ["model.safetensors", "best.safetensors", "checkpoint-00000024.safetensors"] {
            #expect(try bytes("whole", file) == bytes("parts", file))
        }
    }

    /// As after `kill -9`: the log is ahead of the checkpoint, and the newest checkpoint may be torn.
    @Test(arguments: [false, true])
    func goesOnFromTheLastWholeCheckpoint(torn: Bool) throws {
        try train("whole", configuration())
        try train("parts", configuration(), stopAfter: 12)
        let checkpoints = CheckpointStore(folder: folder.path + "/parts").list()
        #expect(checkpoints.map(\.step) == [12, 10])
        if torn {
            try bytes("parts", "checkpoint-00000012.safetensors").dropLast(7)
                .write(to: URL(fileURLWithPath: checkpoints[0].path))
        } else {
            try FileManager.default.removeItem(atPath: checkpoints[0].path)
        }
        let (outcome, events) = try train("parts", configuration(), resume: true)
        #expect(outcome == .finished(step: 24))
        let notes = events.compactMap { if case .note(let text) = $0 { text } else { nil } }
        #expect(notes.contains { $0.contains("resuming after step 10") })
        #expect(notes.contains { $0.contains("Going back to the one before") } == torn)
        #expect(try log("whole") == log("parts"))
        #expect(try bytes("whole") == bytes("parts"))
    }

    @Test func doesNotDependOnTheNumberOfThreads() throws {
        let before = ComputeThreads.count
        defer { ComputeThreads.count = before }
        var settings = configuration()
        settings.optimization.shards = 2
        ComputeThreads.count = 1
        try train("one", settings)
        ComputeThreads.count = 2
        try train("two", settings)
        #expect(try log("one") == log("two"))
        #expect(try bytes("one") == bytes("two"))
    }

    @Test func accumulatedPartsGiveTheWholeBatchsGradient() throws {
        var settings = configuration(steps: 1)
        settings.validation.every = 0
        let objective = FilterObjective(noiseScale: 0)
        let network = objective.network()
        let generator = try Recordings.generator(settings.mixtures)
        let examples = try (0..<4).map(generator.example)
        func gradient(_ accumulation: Int, _ shards: Int) throws -> (Double, [Float]) {
            settings.optimization.accumulation = accumulation
            settings.optimization.shards = shards
            let task = FilterTask(objective: objective, optimization: settings.optimization)
            let (loss, gradients) = try BatchGradient(plan: settings.plan).compute(task, network, examples, step: 0)
            return (loss, gradients.tensors.flatMap(\.values))
        }
        let whole = try gradient(1, 1)
        for (accumulation, shards) in [(2, 1), (4, 1), (1, 2), (2, 2), (1, 3), (2, 4)] {
            let parts = try gradient(accumulation, shards)
            #expect(abs(parts.0 - whole.0) < 1e-5 * abs(whole.0))
            let scale = whole.1.map(abs).max() ?? 1
            #expect(zip(parts.1, whole.1).allSatisfy { abs($0 - $1) < 1e-5 * scale })
        }
    }

    @Test func stopsWhenNothingIsFiniteAnyMore() throws {
        var settings = configuration(steps: 40)
        settings.model.isBroken = true
        #expect(throws: TrainingError.self) { try train("run", settings) }
        let entries = try log("run").split(separator: "\n").compactMap { try? JSONDecoder().decode(StepEntry.self, from: Data($0.utf8)) }
        #expect(entries.count == 19 && entries.allSatisfy { $0.skipped == true && $0.loss == nil })
        let model = try SafeTensorsFile(path: folder.path + "/run/checkpoint-00000015.safetensors")
        #expect(try model.tensor("network.taps.weight").values.allSatisfy(\.isFinite))
    }

    @Test func refusesToOverwriteOrToResumeNothing() throws {
        try train("run", configuration(steps: 2))
        #expect { try train("run", configuration(steps: 2)) } throws: { $0.localizedDescription.contains("already holds a run at step 2") }
        #expect { try train("other", configuration(), resume: true) } throws: { $0.localizedDescription.contains("no run to resume") }
        var changed = configuration(steps: 2)
        changed.optimization.batchSize = 2
        #expect { try train("run", changed, resume: true) } throws: { $0.localizedDescription.contains("optimization.batchSize") }
    }

    @Test func refusesTooLittleData() throws {
        var settings = configuration()
        settings.mixtures.seconds = 30
        #expect { try train("run", settings) } throws: {
            $0.localizedDescription.contains("speech folder") && $0.localizedDescription.contains("at least 300 s")
        }
    }

    @Test func aRunFolderBelongsToOneProcess() throws {
        let first = try RunFolder(folder.path + "/run", resuming: false)
        #expect { _ = try RunFolder(folder.path + "/run", resuming: false) } throws: { $0.localizedDescription.contains("another training process") }
        withExtendedLifetime(first) {}
    }
}

@Suite struct LearningRateTests {
    @Test func risesThenFallsToTheFinalRate() {
        var settings = OptimizationSettings()
        (settings.steps, settings.warmUpSteps, settings.learningRate, settings.finalLearningRate) = (100, 10, 1, 0.1)
        #expect(settings.rate(at: 0) == 0.1 && settings.rate(at: 9) == 1 && settings.rate(at: 10) == 1)
        #expect(abs(settings.rate(at: 99) - 0.1) < 1e-6)
        let rates = (10..<100).map(settings.rate)
        #expect(zip(rates, rates.dropFirst()).allSatisfy { $0 > $1 })
    }

    @Test func aShareOfEveryBatchIsAtTheEndOfTime() {
        var settings = DiffusionOptimization()
        settings.endTimeShare = 0.25
        var random = Philox(seed: 1, stream: 0)
        let times = (0..<16).map { settings.time(ofItem: $0, using: &random) }
        #expect(times.count { $0 == 1 } == 4)
        #expect(times.allSatisfy { $0 >= settings.minimumTime && $0 <= 1 })
    }
}
