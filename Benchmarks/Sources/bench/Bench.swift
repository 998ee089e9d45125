import Foundation
import NeuralCore

/// Times audiotool's numerical core and its metrics, next to PyTorch and to the metrics' Python packages.
///
/// The environment variable `AUDIOTOOL_PYTHON` names a Python with torch (for the metrics pesq, pystoi, scipy and
/// soundfile, for resampling soxr, for recordings pyrnnoise, for music transformers); without it only our own times are printed.
/// Both sides use the same number of threads and take turns in one run. The ratio is that of the medians: below 1,
/// ours is faster.
@main
struct Bench {
    static let usage = """
        usage: bench [WORD…] [--rounds N] [--threads N]
        Times the workloads whose names contain one of the words, or all.
        Set AUDIOTOOL_PYTHON to a Python with torch, scipy, pesq, pystoi, soundfile, soxr, pyrnnoise and transformers to compare with them.
        """

    var words: [String] = []
    var rounds: Int?
    var threads = 2

    static func main() throws {
        guard let bench = Bench(arguments: Array(CommandLine.arguments.dropFirst())) else {
            FileHandle.standardError.write(Data((usage + "\n").utf8))
            exit(64)
        }
        // A peer that has gone is an error of its workload, not the end of the program.
        signal(SIGPIPE, SIG_IGN)
        if try !bench.run() { exit(1) }
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

    /// Whether every peer did its work.
    func run() throws -> Bool {
        ComputeThreads.count = threads
        let python = ProcessInfo.processInfo.environment["AUDIOTOOL_PYTHON"]
        print("threads: \(threads), rounds: \(rounds.map(String.init) ?? "each its own"), peer: \(python == nil ? "none" : "Python")")
        print(String(format: "a product of 2048x2048 matrices: %.0f GFLOP/s, the machine's peak below", Comparison.peak / 1e9))
        print(Comparison.heading)
        let workloads: [any Workload] =
            ConvolutionWorkload.all + EnhancerWorkload.all + NCSNppWorkload.all + FrechetWorkload.all
            + MetricWorkload.all + ExtractorWorkload.all + StreamWorkload.all + MusicDecodingWorkload.all + LayerWorkload.all
            + SpectralWorkload.all + ResamplingWorkload.all + RecordingWorkload.all + CommandWorkload.all
        let chosen = workloads.filter { workload in
            words.isEmpty || words.contains { workload.name.localizedCaseInsensitiveContains($0) }
        }
        fflush(nil)
        var isComplete = true
        for workload in chosen {
            let count = rounds ?? workload.rounds ?? 7
            do {
                let twin = try workload.hasPeer ? python.map { try Twin(python: $0, workload: workload, threads: threads) } : nil
                print(try Comparison(of: workload, with: twin, rounds: count))
            } catch let failure as Twin.Failure {
                FileHandle.standardError.write(Data("\(workload.name): \(failure.localizedDescription)\n".utf8))
                isComplete = false
                print(try Comparison(of: workload, with: nil, rounds: count))
            }
            fflush(nil)
        }
        return isComplete
    }
}
