/// Something that both sides can do over and over.
protocol Workload {
    var name: String { get }
    /// How often it is timed, where the command line does not say.
    var rounds: Int? { get }
    /// What the Python side needs to know; `task` names its function and `threads` may differ from the others'.
    var settings: [String: any Sendable] { get }
    /// Makes the unit of work that is timed.
    func prepare() throws -> () -> Void
}

extension Workload {
    var rounds: Int? { nil }
}
