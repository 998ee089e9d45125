import Foundation
import Testing
import Training

@testable import ScoreDiffusion

@Suite struct StrictSettingsTests {
    private typealias Configuration = TrainingConfiguration<FilterObjective.Settings, FilterObjective.Weights>
    private let defaults = Configuration(model: .init(), loss: .init())
    private let folder = TemporaryFolder()

    private func read(_ json: String) throws -> TrainingConfiguration<FilterObjective.Settings, FilterObjective.Weights> {
        let path = folder.path + "/settings.json"
        try Data(json.utf8).write(to: URL(fileURLWithPath: path))
        return try defaults.reading(path)
    }

    private func message(_ json: String) -> String {
        do { _ = try read(json) } catch { return error.localizedDescription }
        return "(accepted)"
    }

    @Test func absentKeysKeepTheirDefaults() throws {
        let settings = try read(#"{"optimization": {"learningRate": 0.5}, "mixtures": {"snr": [0, 10]}}"#)
        #expect(settings.optimization.learningRate == 0.5 && settings.optimization.batchSize == defaults.optimization.batchSize)
        #expect(settings.mixtures.snr == Interval(0, 10) && settings.model == defaults.model)
        #expect(try read("{}") == defaults)
    }

    @Test func writtenSettingsReadBackTheSame() throws {
        var settings = defaults
        settings.seed = .max
        settings.optimization.learningRate = 0.1
        settings.mixtures.roomTarget = .dry
        settings.mixtures.level = Interval(-33.3, -10.1)
        #expect(try StrictSettings.decode(StrictSettings.encode(settings), over: defaults) == settings)
    }

    @Test func namesUnknownKeys() {
        let text = message(#"{"optimization": {"learningrate": 1, "lr": 2}}"#)
        #expect(text.contains("'optimization.learningrate', 'optimization.lr'") && text.contains("learningRate"))
        #expect(text.contains("settings.json"))
        #expect(message(#"{"network": {}}"#).contains("'network'"))
    }

    @Test(arguments: [
        (#"{"optimization": {"learningRate": "fast"}}"#, "'optimization.learningRate' must be a number"),
        (#"{"optimization": {"batchSize": 2.5}}"#, "'optimization.batchSize' must be"),
        (#"{"mixtures": {"snr": 5}}"#, "'mixtures.snr' must be"),
        (#"{"mixtures": {"snr": [5]}}"#, "mixtures.snr"),
        (#"{"mixtures": {"snr": [1, 2, 3]}}"#, "'mixtures.snr' must be"),
        (#"{"mixtures": {"snr": [10, 0]}}"#, "mixtures.snr must be [lower, upper]"),
        (#"{"mixtures": {"babble": 2}}"#, "mixtures.babble must be from 0 to 1, not 2"),
        (#"{"mixtures": {"roomTarget": "wet"}}"#, "'mixtures.roomTarget' must be"),
        (#"{"optimization": {"accumulation": 9}}"#, "optimization.accumulation must be from 1 to the batch size 8"),
        (#"{"validation": {"samplerSteps": []}}"#, "validation.samplerSteps"),
        (#"{"checkpoints": {"minutes": 0}}"#, "checkpoints.minutes must be above 0"),
        (#"{"optimization": 7}"#, "'optimization' must be"),
        ("[1]", "it is not a JSON object"),
        (#"{"seed": 1"#, "it is not JSON"),
    ])
    func namesWhatIsWrong(json: String, expected: String) {
        #expect(message(json).contains(expected), "\(json): \(message(json))")
    }

    @Test func aMissingFileIsNamed() {
        #expect { try defaults.reading("/nowhere/settings.json") } throws: {
            $0.localizedDescription.contains("/nowhere/settings.json") && $0.localizedDescription.contains("no such file")
        }
    }

    @Test func differencesAreNamed() throws {
        var other = defaults
        other.optimization.batchSize = 16
        other.mixtures.snr = Interval(0, 1)
        #expect(try StrictSettings.differences(defaults, other) == ["mixtures.snr", "optimization.batchSize"])
        #expect(try StrictSettings.differences(defaults, defaults).isEmpty)
    }
}
