import Foundation
import NeuralCore

/// Times audiotool's numerical core and its metrics, next to PyTorch and to the metrics' Python packages.
///
/// The environment variable `AUDIOTOOL_PYTHON` names a Python with torch (and for the metrics pesq, pystoi, scipy and
/// soundfile, for music transformers); without it only our own times are printed.
/// Both sides use the same number of threads and take turns in one run. The ratio is that of the medians: below 1,
/// ours is faster.
@main
struct Bench {
    static let usage = """
        usage: bench [WORD…] [--rounds N] [--threads N]
        Times the workloads whose names contain one of the words, or all.
        Set AUDIOTOOL_PYTHON to a Python with torch, scipy, pesq, pystoi, soundfile and transformers to compare with them.
        """

    var words: [String] = []
    var rounds: Int?
    var threads = 2

    static func main() throws {
        guard let bench = Bench(arguments: Array(CommandLine.arguments.dropFirst())) else {
            FileHandle.standardError.write(Data((usage + "\n").utf8))
            exit(64)
        }
        try bench.run()
    }

    /// `nil` for arguments that make no sense.
    init?(arguments: [String]) {
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            switch argument {
            case "--rounds", "--threads":
                guard let value = rest.popFirst().flatMap({ Int($0) }), value > 0 else { return nil }
                if argument == "--rounds" { rounds = value } else { threads = value }
            default:
                guard !argument.hasPrefix("-") else { return nil }
                words.append(argument)
            }
        }
    }

    func run() throws {
        ComputeThreads.count = threads
        let python = ProcessInfo.processInfo.environment["AUDIOTOOL_PYTHON"]
        print("threads: \(threads), rounds: \(rounds.map(String.init) ?? "each its own"), peer: \(python == nil ? "none" : "Python")")
        print(Comparison.heading)
        let workloads: [any Workload] =
            ConvolutionWorkload.all + EnhancerWorkload.all + NCSNppWorkload.all + FrechetWorkload.all
            + MetricWorkload.all + ExtractorWorkload.all + MusicDecodingWorkload.all
        let chosen = workloads.filter { workload in
            words.isEmpty || words.contains { workload.name.localizedCaseInsensitiveContains($0) }
        }
        fflush(nil)
        for workload in chosen {
            let twin = try python.map { try Twin(python: $0, workload: workload, threads: threads) }
            print(try Comparison(of: workload, with: twin, rounds: rounds ?? workload.rounds ?? 7))
            fflush(nil)
        }
    }
}
