import Foundation
import NeuralCore

/// Times of a workload and of its twin, taken in turns.
struct Comparison: CustomStringConvertible {
    let name: String
    let ours: [Double], theirs: [Double]
    private let operations: Double?
    /// Of the processes, in MiB.
    private let ourMemory: Int?, theirMemory: Int?

    init(of workload: some Workload, with twin: Twin?, rounds: Int) throws {
        (name, operations) = (workload.name, workload.operations)
        PeakMemory.restart()
        let step = try workload.prepare()
        var ours: [Double] = [], theirs: [Double] = [], repeats = 1
        for round in 0..<rounds + 2 {
            Self.settle(twin)
            let time = ContinuousClock().measure { for _ in 0..<repeats { step() } } / .seconds(1) / Double(repeats)
            Self.settle(twin)
            let peer = try twin.map { twin in try (0..<repeats).reduce(0) { sum, _ in try sum + twin.run() } / Double(repeats) }
            // Both sides allocate and compile in their first rounds. What is short is done several times in a row, since the
            // first one after the other side's turn finds cold caches and sleeping threads; where 99 in 100 count, once.
            if round == 1, rounds < 100 { repeats = max(1, min(50, Int(0.05 / max(time, 1e-6)))) }
            guard round >= 2 else { continue }
            ours.append(time)
            if let peer { theirs.append(peer) }
        }
        (ourMemory, theirMemory) = (PeakMemory.of(), twin?.peakMemory)
        self.ours = ours.sorted()
        self.theirs = theirs.sorted()
    }

    /// Lets the threads of the side that ran last fall asleep: for some milliseconds they wait by spinning.
    private static func settle(_ twin: Twin?) {
        if twin != nil { Thread.sleep(forTimeInterval: 0.02) }
    }

    static let heading = row("workload", "ours (ms)", "spread", "Python (ms)", "spread", "ratio", "of peak", "MiB")

    var description: String {
        let hasPeer = !theirs.isEmpty
        return Self.row(
            name, Self.milliseconds(Self.median(ours)), Self.spread(ours),
            hasPeer ? Self.milliseconds(Self.median(theirs)) : "-", hasPeer ? Self.spread(theirs) : "-",
            hasPeer ? String(format: "%.2f", Self.median(ours) / Self.median(theirs)) : "-",
            operations.map { String(format: "%.0f %%", 100 * $0 / Self.median(ours) / Self.peak) } ?? "-",
            [ourMemory, theirMemory].compactMap { $0.map(String.init) }.joined(separator: "/"))
    }

    /// Floating-point operations a second of the matrix product of OpenBLAS; the best of five.
    static let peak: Double = {
        let size = 2048, matrix = Tensor.ones([size, size])
        let times = (0..<5).map { _ in ContinuousClock().measure { _ = matmul(matrix, matrix) } }
        return 2 * Double(size * size * size) / (times.min()! / .seconds(1))
    }()

    private static func median(_ sorted: [Double]) -> Double {
        (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    }

    /// From the quickest to the slowest; of many, what 99 in 100 do not exceed.
    private static func spread(_ sorted: [Double]) -> String {
        guard sorted.count < 100 else { return "p99 \(milliseconds(sorted[(sorted.count * 99 - 1) / 100]))" }
        return "\(milliseconds(sorted[0]))–\(milliseconds(sorted[sorted.count - 1]))"
    }

    private static func milliseconds(_ seconds: Double) -> String {
        String(format: seconds < 0.1 ? "%.2f" : "%.0f", seconds * 1000)
    }

    private static func row(_ cells: String...) -> String {
        let widths = [52, 10, 16, 13, 16, 6, 8, 11]
        return zip(cells, widths).enumerated().map { index, cell in
            let pad = String(repeating: " ", count: max(0, cell.1 - cell.0.count))
            return index == 0 ? cell.0 + pad : pad + cell.0
        }.joined(separator: " ")
    }
}
