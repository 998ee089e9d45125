import Foundation

/// Where a signal holds speech, in blocks of 4 ms.
struct SpeechActivity {
    /// The mean power of blocks with speech, 0 for others.
    private(set) var power: [Double]
    /// The logarithm of the power over the threshold, 0 under it.
    private(set) var envelope: [Double]

    private static let shortestRun = 4
    private static let longestGap = 50

    init(_ signal: PESQInput, block: Int) {
        var power = (0..<signal.count / block).map { index in
            var sum = 0.0
            for sample in index * block..<(index + 1) * block { sum += signal.samples[sample] * signal.samples[sample] }
            return sum / Double(block)
        }
        let mean = power.reduce(0, +) / Double(power.count)
        let loudest = power.max() ?? 0
        let floor = loudest > 0 ? loudest * 1e-4 : 1
        power = power.map { max($0, floor) }

        var threshold = Self.threshold(power, startingAt: mean)
        let speech = power.filter { $0 > threshold }, noise = power.filter { $0 <= threshold }
        let noiseLevel = noise.isEmpty ? 1 : noise.reduce(0, +) / Double(noise.count)
        let speechLevel = speech.isEmpty ? 0 : speech.reduce(0, +) / Double(speech.count)
        if speech.isEmpty { threshold = -1 }

        var active = power.map { $0 > threshold }
        for edge in [0, power.count - 1] { (power[edge], active[edge]) = (floor, false) }
        Self.remove(&active) { $0.count <= Self.shortestRun }
        if speechLevel >= 1000 * noiseLevel {
            Self.remove(&active) { run in power[run].reduce(0, +) < 3 * threshold * Double(run.count) }
        }
        Self.fillGaps(&active, &power, with: floor)
        if !active.contains(true) {
            for index in 1..<max(1, active.count - 1) { active[index] = true }
        }
        for index in power.indices where !active[index] { power[index] = -power[index] }
        Self.soften(&power)
        self.power = power.map { max(0, $0) }
        if threshold <= 0 { threshold = floor }
        envelope = self.power.map { $0 > threshold ? log($0 / threshold) : 0 }
    }

    /// The level that noise stays under: mean and two deviations of what is under the level itself, twelve times over.
    private static func threshold(_ power: [Double], startingAt start: Double) -> Double {
        var threshold = start
        for _ in 0..<12 {
            let noise = power.filter { $0 <= threshold }
            guard !noise.isEmpty else {
                threshold = 0
                continue
            }
            let mean = noise.reduce(0, +) / Double(noise.count)
            let variance = noise.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(noise.count)
            threshold = 1.001 * (mean + 2 * variance.squareRoot())
        }
        return threshold
    }

    /// The stretches of blocks that are active.
    private static func runs(_ active: [Bool]) -> [Range<Int>] {
        var runs: [Range<Int>] = [], start: Int?
        for (index, isActive) in active.enumerated() {
            if isActive, start == nil { start = index }
            if !isActive, let first = start {
                runs.append(first..<index)
                start = nil
            }
        }
        return runs
    }

    private static func remove(_ active: inout [Bool], where isDoubtful: (Range<Int>) -> Bool) {
        for run in runs(active) where isDoubtful(run) { for index in run { active[index] = false } }
    }

    private static func fillGaps(_ active: inout [Bool], _ power: inout [Double], with floor: Double) {
        let runs = runs(active)
        for (run, next) in zip(runs, runs.dropFirst()) where next.lowerBound - run.upperBound <= longestGap {
            for index in run.upperBound..<next.lowerBound { (active[index], power[index]) = (true, floor) }
        }
    }

    /// Lets activity begin and end over two blocks; inactive blocks are negative.
    private static func soften(_ power: inout [Double]) {
        var index = 3
        while index < power.count - 2 {
            if power[index] > 0, power[index - 2] <= 0 {
                power[index - 2] = power[index] * 0.1
                power[index - 1] = power[index] * 0.3
                index += 1
            }
            if power[index] <= 0, power[index - 1] > 0 {
                power[index] = power[index - 1] * 0.3
                power[index + 1] = power[index - 1] * 0.1
                index += 3
            }
            index += 1
        }
    }
}
