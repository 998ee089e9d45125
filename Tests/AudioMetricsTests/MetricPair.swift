import AudioDSP
import AudioMetrics
import Foundation
import NeuralCore
import TestSupport
import Testing

/// One pair of recordings with the numbers that published programs give for it.
struct MetricPair: Sendable, CustomStringConvertible {
    let description: String
    let sampleRate: Int
    let clean: [Float]
    let degraded: [Float]
    private let values: JSONValue
    private let insides: [JSONValue]

    /// Every pair of every set of reference numbers.
    static let all: [MetricPair] = {
        do {
            return try Fixture.all(in: "metrics").flatMap { fixture in
                let text = try Data(contentsOf: URL(fileURLWithPath: fixture.path(of: "values.json")))
                var options = JSONOptions()
                options.allowsNonFinite = true
                let values = try JSONValue(parsing: [UInt8](text), options: options)
                let insides = try inside(fixture)
                return try (values["pairs"].array ?? []).map { try MetricPair($0, insides, fixture) }
            }
        } catch {
            fatalError("The pairs cannot be read: \(error)")
        }
    }()

    private init(_ values: JSONValue, _ insides: [JSONValue], _ fixture: Fixture) throws {
        self.values = values
        let name = values["name"].string
        self.insides = insides.filter { $0["pair"].string == name }
        description = "\(values["name"].string ?? "?") (\(fixture))"
        let clean = try AudioFile.read(fixture.path(of: values["clean"].string ?? ""))
        self.clean = clean.channels[0]
        degraded = try AudioFile.read(fixture.path(of: values["degraded"].string ?? "")).channels[0]
        sampleRate = clean.sampleRate
    }

    /// What PESQ does inside for the pairs of a set; none where the set does not tell.
    private static func inside(_ fixture: Fixture) throws -> [JSONValue] {
        let path = fixture.path(of: "pesq_inside.json")
        guard FileManager.default.fileExists(atPath: path) else { return [] }
        return try JSONValue(parsing: [UInt8](Data(contentsOf: URL(fileURLWithPath: path))))["cases"].array ?? []
    }

    /// The number called `key`, infinite ones too.
    func expected(_ key: String) -> Double {
        values[key].double ?? values[key].string.flatMap { Double($0) } ?? .nan
    }

    /// Whether the set has a number called `key`: not where the reference program failed.
    func has(_ key: String) -> Bool { !expected(key).isNaN }

    /// What PESQ does inside, `mode` being `nb` or `wb`.
    func inside(mode: String) -> JSONValue? {
        insides.first { $0["mode"].string == mode && $0["error"].int == 0 }
    }

    func score(_ band: PESQ.Band) throws -> PESQ.Score {
        try PESQ.score(reference: clean, estimate: degraded, sampleRate: sampleRate, band: band).get()
    }

    /// Fails unless `value` is within `tolerance` of the number called `key`, or infinite where that is.
    func expect(
        _ value: MetricValue, _ key: String, within tolerance: Double, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        guard has(key) else { return }
        let wanted = expected(key)
        guard let number = value.value else {
            Issue.record("\(self) \(key): \(value) instead of \(wanted)", sourceLocation: sourceLocation)
            return
        }
        #expect(
            number == wanted || abs(number - wanted) <= tolerance, "\(self) \(key): \(number) instead of \(wanted)",
            sourceLocation: sourceLocation)
    }

    /// Whether 30 ms or more of either signal are zeros.
    var hasExactSilence: Bool {
        [clean, degraded].contains { signal in
            var run = 0
            return signal.contains { sample in
                run = sample == 0 ? run + 1 : 0
                return run >= sampleRate * 3 / 100
            }
        }
    }
}
