/// Something that both sides can do over and over.
protocol Workload {
    var name: String { get }
    /// How often it is timed, where the command line does not say.
    var rounds: Int? { get }
    /// What the Python side needs to know; `task` names its function and `threads` may differ from the others'.
    var settings: [String: any Sendable] { get }
    /// Whether there is something to compare with.
    var hasPeer: Bool { get }
    /// Floating-point operations of the unit of work, where they are of interest.
    var operations: Double? { get }
    /// Makes the unit of work that is timed.
    func prepare() throws -> () -> Void
}

extension Workload {
    var rounds: Int? { nil }
    var hasPeer: Bool { true }
    var operations: Double? { nil }
}
