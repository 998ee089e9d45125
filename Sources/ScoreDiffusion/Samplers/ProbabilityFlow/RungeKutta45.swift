import Foundation

/// The embedded pair of orders 5 and 4 with steps as long as the tolerances allow (Dormand and Prince, "A family of
/// embedded Runge-Kutta formulae", 1980; step control of Hairer, Nørsett and Wanner, "Solving Ordinary Differential
/// Equations I", 1993, section II.4), with the settings of SciPy's `RK45`.
///
/// A step is accepted when the root mean square of `|error| / (absolute + relative · |x|)` over the complex numbers of
/// the state is below 1. The last slope of a step is the first of the next.
public struct RungeKutta45: ODESolver {
    public var relativeTolerance: Double
    public var absoluteTolerance: Double

    public init(relativeTolerance: Double = 1e-5, absoluteTolerance: Double = 1e-5) {
        self.relativeTolerance = relativeTolerance
        self.absoluteTolerance = absoluteTolerance
    }

    public var slopeEvaluations: Int? { nil }

    public func validate() throws {
        // Below this the rounding of double precision would decide.
        let smallest = 100 * Double.ulpOfOne
        guard relativeTolerance.isFinite, relativeTolerance >= smallest else {
            throw ScoreDiffusionError.invalidSampler(
                "the solver's relative tolerance must be at least \(smallest), not \(relativeTolerance)")
        }
        guard absoluteTolerance.isFinite, absoluteTolerance > 0 else {
            throw ScoreDiffusionError.invalidSampler(
                "the solver's absolute tolerance must be above 0, not \(absoluteTolerance)")
        }
    }

    private static let safety = 0.9, leastFactor = 0.2, greatestFactor = 10.0, errorExponent = -0.2

    /// - Throws: also `ScoreDiffusionError.unsolvable` where no step is short enough.
    public func integrate(
        _ state: [Double], from start: Double, to end: Double, slope: (Double, [Double]) throws -> [Double],
        onStep: (_ time: Double, _ state: [Double]) throws -> Void
    ) throws -> [Double] {
        let direction = end < start ? -1.0 : 1
        var time = start, state = state, first = try slope(start, state)
        var length = try firstStep(state, first, from: start, to: end, slope: slope)
        while direction * (end - time) > 0 {
            let shortest = 10 * abs((direction < 0 ? time.nextDown : time.nextUp) - time)
            length = max(length, shortest)
            var wasRejected = false
            while true {
                guard length >= shortest else { throw ScoreDiffusionError.unsolvable(time: time) }
                let next = direction * (time + direction * length - end) > 0 ? end : time + direction * length
                let step = try Step(from: state, at: time, first: first, length: next - time, slope: slope)
                length = abs(next - time)
                let error = weightedNorm(step.error) { index in max(modulus(state, index), modulus(step.end, index)) }
                let factor = Self.safety * pow(error, Self.errorExponent)
                if error < 1 {
                    let growth = error == 0 ? Self.greatestFactor : min(Self.greatestFactor, factor)
                    length *= wasRejected ? min(1, growth) : growth
                    (time, state, first) = (next, step.end, step.lastSlope)
                    break
                }
                // A state that is no number is met by ever shorter steps, until one is too short.
                length *= factor > Self.leastFactor ? factor : Self.leastFactor
                wasRejected = true
            }
            try onStep(time, state)
        }
        return state
    }

    /// A first step in which the state changes by about a hundredth of what the tolerances call its size.
    private func firstStep(
        _ state: [Double], _ first: [Double], from start: Double, to end: Double,
        slope: (Double, [Double]) throws -> [Double]
    ) throws -> Double {
        let interval = abs(end - start), direction = end < start ? -1.0 : 1
        func norm(_ values: [Double]) -> Double { weightedNorm(values) { modulus(state, $0) } }
        let size = norm(state), speed = norm(first)
        let trial = min(size < 1e-5 || speed < 1e-5 ? 1e-6 : 0.01 * size / speed, interval)
        let moved = zip(state, first).map { $0 + trial * direction * $1 }
        let second = try slope(start + trial * direction, moved)
        let curvature = norm(zip(second, first).map { $0 - $1 }) / trial
        let wanted = speed <= 1e-15 && curvature <= 1e-15
            ? max(1e-6, trial * 1e-3) : pow(0.01 / max(speed, curvature), 0.2)
        return min(100 * trial, wanted, interval)
    }

    /// Root mean square of complex `values` over `absolute + relative · reference(index)`.
    private func weightedNorm(_ values: [Double], reference: (Int) -> Double) -> Double {
        guard !values.isEmpty else { return 0 }
        var total = 0.0
        for index in stride(from: 0, to: values.count, by: 2) {
            let ratio = modulus(values, index) / (absoluteTolerance + relativeTolerance * reference(index))
            total += ratio * ratio
        }
        return (total / Double(values.count / 2)).squareRoot()
    }
}

/// Size of the complex number at `index`.
private func modulus(_ values: [Double], _ index: Int) -> Double {
    (values[index] * values[index] + values[index + 1] * values[index + 1]).squareRoot()
}

/// One step of the pair: the state of order 5 and its difference to that of order 4.
private struct Step {
    let end: [Double], lastSlope: [Double], error: [Double]

    private static let nodes = [1 / 5.0, 3 / 10.0, 4 / 5.0, 8 / 9.0, 1, 1]
    /// The last row is also the solution's.
    private static let stages: [[Double]] = [
        [1 / 5.0],
        [3 / 40.0, 9 / 40.0],
        [44 / 45.0, -56 / 15.0, 32 / 9.0],
        [19372 / 6561.0, -25360 / 2187.0, 64448 / 6561.0, -212 / 729.0],
        [9017 / 3168.0, -355 / 33.0, 46732 / 5247.0, 49 / 176.0, -5103 / 18656.0],
        [35 / 384.0, 0, 500 / 1113.0, 125 / 192.0, -2187 / 6784.0, 11 / 84.0],
    ]
    private static let difference: [Double] = [
        -71 / 57600.0, 0, 71 / 16695.0, -71 / 1920.0, 17253 / 339200.0, -22 / 525.0, 1 / 40.0,
    ]

    init(
        from state: [Double], at time: Double, first: [Double], length: Double,
        slope: (Double, [Double]) throws -> [Double]
    ) rethrows {
        var slopes = [first], reached = state
        for (node, weights) in zip(Self.nodes, Self.stages) {
            reached = Self.sum(state, slopes, weights, length)
            slopes.append(try slope(time + node * length, reached))
        }
        end = reached
        lastSlope = slopes[6]
        error = Self.sum(Array(repeating: 0, count: state.count), slopes, Self.difference, length)
    }

    /// `state + length · Σ weights[k] · slopes[k]`.
    private static func sum(_ state: [Double], _ slopes: [[Double]], _ weights: [Double], _ length: Double) -> [Double] {
        var result = state
        for (slope, weight) in zip(slopes, weights) where weight != 0 {
            let factor = weight * length
            for index in result.indices { result[index] += factor * slope[index] }
        }
        return result
    }
}
