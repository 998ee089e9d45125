/// Heun's second-order method on evenly spaced times: a trial step, then the mean of the slopes at both its ends
/// (Karras et al., "Elucidating the Design Space of Diffusion-Based Generative Models", 2022, algorithm 1).
public struct HeunSolver: ODESolver {
    public var steps: Int

    public init(steps: Int) { self.steps = steps }

    public var slopeEvaluations: Int? { 2 * steps }

    public func validate() throws { try validateStepCount(steps) }

    public func integrate(
        _ state: [Double], from start: Double, to end: Double, slope: (Double, [Double]) throws -> [Double],
        onStep: (_ time: Double, _ state: [Double]) throws -> Void
    ) throws -> [Double] {
        let times = timeGrid(from: start, to: end, count: steps + 1)
        var state = state
        for (time, next) in zip(times, times.dropFirst()) {
            let change = next - time
            let first = try slope(time, state)
            let second = try slope(next, zip(state, first).map { $0 + change * $1 })
            for index in state.indices { state[index] += change / 2 * (first[index] + second[index]) }
            try onStep(next, state)
        }
        return state
    }
}
