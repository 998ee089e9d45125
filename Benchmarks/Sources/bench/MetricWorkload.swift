import AudioDSP
import AudioMetrics
import Foundation

/// One metric over the pairs of recordings at 16 kHz in the tests' fixtures; the other side is the Python package that
/// everybody uses for it.
struct MetricWorkload: Workload {
    var metric: Metric

    var name: String { "\(metric.title), recordings of 2.6 s at 16 kHz" }

    var settings: [String: any Sendable] { ["task": "metric", "metric": metric.key, "folder": Self.folder.path] }

    func prepare() throws -> () -> Void {
        let pairs = try Self.pairs()
        let metric = metric
        return {
            for pair in pairs {
                _ = try? MetricSuite.measure(
                    [metric], estimate: pair.degraded, reference: pair.clean, sampleRate: 16_000)
            }
        }
    }

    private static let folder = projectFolder.appendingPathComponent("fixtures/reference/metrics")

    private static func pairs() throws -> [(clean: [Float], degraded: [Float])] {
        struct Values: Decodable {
            struct Pair: Decodable {
                var fs: Int
                var clean: String
                var degraded: String
            }
            var pairs: [Pair]
        }
        let text = try Data(contentsOf: folder.appendingPathComponent("values.json"))
        return try JSONDecoder().decode(Values.self, from: text).pairs.filter { $0.fs == 16_000 }.map { pair in
            func samples(_ name: String) throws -> [Float] {
                try AudioFile.read(folder.appendingPathComponent(name).path).channels[0]
            }
            return (try samples(pair.clean), try samples(pair.degraded))
        }
    }

    static let all = [Metric.pesqWide, .pesqNarrow, .stoi, .estoi].map { MetricWorkload(metric: $0) }
}
