/// Something that both sides can do over and over.
protocol Workload {
    var name: String { get }
    /// What the Python side needs to know; `task` names its function.
    var settings: [String: any Sendable] { get }
    /// Makes the unit of work that is timed.
    func prepare() throws -> () -> Void
}
