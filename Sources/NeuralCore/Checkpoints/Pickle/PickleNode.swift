/// Where a value stands in a ``PickleGraph``.
typealias NodeID = Int32

/// One value of a pickle. Containers name their contents by place, so that shared and circular values stay shared.
enum PickleNode: Sendable {
    case none
    case bool(Bool)
    case integer(Int)
    /// A whole number beyond `Int`, as hexadecimal digits of its little-endian bytes.
    case largeInteger(String)
    case number(Double)
    case text(String)
    case bytes([UInt8])
    case tuple([NodeID])
    case list([NodeID])
    case set([NodeID])
    /// Keys and values in turn; of equal keys the last one counts.
    case dictionary([NodeID])
    /// A class or function that is named and nothing more.
    case name(String)
    indirect case object(PickleObject)
    indirect case storage(TorchStorage)
    indirect case tensor(TorchTensor)
}

/// An object of a class that is known to hold nothing but values. It is kept as a description; no object is made.
struct PickleObject: Sendable {
    var className: String
    var arguments: [NodeID]
    /// What was set by key, in turn with the keys.
    var members: [NodeID] = []
    /// What it was given as its state.
    var state: NodeID?
}

/// All values of a pickle.
final class PickleGraph: Sendable {
    let nodes: [PickleNode]
    let root: NodeID

    init(nodes: [PickleNode], root: NodeID) { (self.nodes, self.root) = (nodes, root) }
}
