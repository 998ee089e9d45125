/// Follows `dx/dt = slope(t, x)` from one time to another.
///
/// States are real and imaginary parts in turn, in double precision.
public protocol ODESolver: Sendable {
    /// How often it asks for the slope; nil where it finds out as it goes.
    var slopeEvaluations: Int? { get }

    /// - Throws: `ScoreDiffusionError.invalidSampler` if the settings cannot run.
    func validate() throws

    /// - Parameter onStep: told the time and the state after every step; an error thrown there ends the run.
    /// - Returns: the state at `end`.
    func integrate(
        _ state: [Double], from start: Double, to end: Double, slope: (Double, [Double]) throws -> [Double],
        onStep: (_ time: Double, _ state: [Double]) throws -> Void
    ) throws -> [Double]
}

/// The solvers that a model's settings can name.
public enum ODESolverChoice: Sendable, Codable, Equatable {
    /// See ``RungeKutta45``.
    case rungeKutta45(relativeTolerance: Double, absoluteTolerance: Double)
    /// See ``HeunSolver``.
    case heun(steps: Int)

    var rule: any ODESolver {
        switch self {
        case .rungeKutta45(let relative, let absolute):
            RungeKutta45(relativeTolerance: relative, absoluteTolerance: absolute)
        case .heun(let steps): HeunSolver(steps: steps)
        }
    }
}
