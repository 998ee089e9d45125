import Foundation

/// Speed and time left. Nothing it says goes into the log or the weights.
struct RunClock {
    private let limit: Double?
    private let firstStep: Int
    private let batchSize: Int
    private let start = DispatchTime.now()
    private var lastSave = DispatchTime.now()
    private var recent: [(step: Int, time: DispatchTime)] = []
    private var smoothedLoss: Double?

    init(limit: Double?, firstStep: Int, batchSize: Int) {
        (self.limit, self.firstStep, self.batchSize) = (limit, firstStep, batchSize)
        recent = [(firstStep, start)]
    }

    var isOver: Bool { limit.map { start.secondsAgo >= $0 } ?? false }
    var secondsSinceSave: Double { lastSave.secondsAgo }
    mutating func saved() { lastSave = .now() }

    mutating func progress(step: Int, steps: Int, loss: Double?) -> TrainingProgress {
        if let loss { smoothedLoss = smoothedLoss.map { 0.98 * $0 + 0.02 * loss } ?? loss }
        recent.append((step, .now()))
        if recent.count > 50 { recent.removeFirst() }
        let elapsed = max(recent[0].time.secondsAgo, 1e-9)
        let rate = Double(step - recent[0].step) / elapsed
        let untilDone = rate > 0 ? Double(steps - step) / rate : 0
        return TrainingProgress(
            step: step, steps: steps, loss: smoothedLoss ?? .nan, examplesPerSecond: rate * Double(batchSize),
            secondsLeft: min(untilDone, limit.map { max(0, $0 - start.secondsAgo) } ?? .infinity))
    }
}

extension DispatchTime {
    fileprivate var secondsAgo: Double {
        Double(DispatchTime.now().uptimeNanoseconds - uptimeNanoseconds) / 1e9
    }
}
