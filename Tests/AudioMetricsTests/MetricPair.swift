import AudioDSP
import Foundation
import NeuralCore
import TestSupport

/// One pair of recordings with the numbers that published programs give for it.
struct MetricPair: Sendable, CustomStringConvertible {
    let description: String
    let sampleRate: Int
    let clean: [Float]
    let degraded: [Float]
    private let values: JSONValue

    /// Every pair of every set of reference numbers.
    static let all: [MetricPair] = {
        do {
            return try Fixture.all(in: "metrics").flatMap { fixture in
                let text = try Data(contentsOf: URL(fileURLWithPath: fixture.path(of: "values.json")))
                var options = JSONOptions()
                options.allowsNonFinite = true
                let values = try JSONValue(parsing: [UInt8](text), options: options)
                return try (values["pairs"].array ?? []).map { try MetricPair($0, fixture: fixture) }
            }
        } catch {
            fatalError("The pairs cannot be read: \(error)")
        }
    }()

    private init(_ values: JSONValue, fixture: Fixture) throws {
        self.values = values
        description = "\(values["name"].string ?? "?") (\(fixture))"
        let clean = try AudioFile.read(fixture.path(of: values["clean"].string ?? ""))
        self.clean = clean.channels[0]
        degraded = try AudioFile.read(fixture.path(of: values["degraded"].string ?? "")).channels[0]
        sampleRate = clean.sampleRate
    }

    /// The number called `key`, infinite ones too.
    func expected(_ key: String) -> Double {
        values[key].double ?? values[key].string.flatMap { Double($0) } ?? .nan
    }
}
