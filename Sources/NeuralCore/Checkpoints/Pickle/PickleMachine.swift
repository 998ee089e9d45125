/// Builds the values that a pickle describes (protocols 0 to 5) and runs nothing.
///
/// A pickle is a program for a small stack machine. This one makes numbers, texts, containers and tensors. A class or
/// function that is named becomes inert text; one that is *called* is either on the list of ``PickleCall``, whose
/// effect is then imitated, or ends the reading. Work and memory are bounded by the number of bytes read.
struct PickleMachine {
    /// What tensors of this file may claim.
    struct Limits {
        /// Elements of one tensor.
        var tensorElements: Int
        /// Bytes of a storage, when the file says so elsewhere.
        var storageSize: (String) -> Int?
    }

    let limits: Limits
    private var input: ByteCursor
    private var nodes: [PickleNode] = [.none, .bool(true), .bool(false), .tuple([])]
    private var stack: [NodeID] = []
    /// Heights of the stack at which marks lie.
    private var marks: [Int] = []
    private var memo: [Int: NodeID] = [:]
    /// Values that may still be copied from one container to another.
    private var copiesLeft: Int

    /// - Parameter position: where the pickle begins.
    init(_ bytes: [UInt8], at position: Int = 0, limits: Limits) {
        input = ByteCursor(bytes, at: position)
        copiesLeft = 4 * bytes.count + 1024
        self.limits = limits
    }

    /// Where the pickle ended, after `run`.
    var position: Int { input.position }

    /// - Throws: `CheckpointFault`.
    mutating func run() throws -> PickleGraph {
        while let code = input.byte() {
            guard let operation = PickleOpcode(rawValue: code) else {
                throw fault("holds the unknown code \(code)")
            }
            if operation == .stop { return PickleGraph(nodes: nodes, root: try pop()) }
            try execute(operation)
        }
        throw fault("ends early")
    }

    private mutating func execute(_ operation: PickleOpcode) throws {
        switch operation {
        case .stop: break
        case .proto:
            let version = try need(input.byte())
            guard version <= 5 else { throw fault("is of protocol \(version); 0 to 5 are known") }
        case .frame: _ = try need(input.integer(UInt64.self))
        case .mark: marks.append(stack.count)
        case .pop:
            if marks.last == stack.count { marks.removeLast() } else { _ = try pop() }
        case .popMark: _ = try popMarked()
        case .dup: stack.append(try top())

        case .none: stack.append(0)
        case .newTrue: stack.append(1)
        case .newFalse: stack.append(2)
        case .emptyTuple: stack.append(3)
        case .int: push(try decimal())
        case .long: push(try decimal())
        case .binInt: push(.integer(Int(Int32(bitPattern: try need(input.integer(UInt32.self))))))
        case .binInt1: push(.integer(Int(try need(input.byte()))))
        case .binInt2: push(.integer(Int(try need(input.integer(UInt16.self)))))
        case .long1: push(wholeNumber(try take(UInt8.self)))
        case .long4: push(wholeNumber(try take(UInt32.self)))
        case .float:
            guard let value = Double(try line()) else { throw fault("has no number where one should be") }
            push(.number(value))
        case .binFloat:
            push(.number(Double(bitPattern: try need(input.integer(UInt64.self)).byteSwapped)))

        case .string: push(.text(try quotedLine()))
        case .unicode: push(.text(try line()))
        case .binString, .binUnicode: push(text(try take(UInt32.self)))
        case .shortBinString, .shortBinUnicode: push(text(try take(UInt8.self)))
        case .binUnicode8: push(text(try take(UInt64.self)))
        case .binBytes: push(.bytes(Array(try take(UInt32.self))))
        case .shortBinBytes: push(.bytes(Array(try take(UInt8.self))))
        case .binBytes8, .byteArray8: push(.bytes(Array(try take(UInt64.self))))

        case .emptyList: push(.list([]))
        case .emptyDict: push(.dictionary([]))
        case .emptySet: push(.set([]))
        case .tuple: push(.tuple(try popMarked()))
        case .tuple1: push(.tuple(try pop(1)))
        case .tuple2: push(.tuple(try pop(2)))
        case .tuple3: push(.tuple(try pop(3)))
        case .list: push(.list(try popMarked()))
        case .dict: push(.dictionary(try pairs(popMarked())))
        case .frozenSet: push(.set(try popMarked()))
        case .append: try extend(with: pop(1))
        case .appends: try extend(with: popMarked())
        case .addItems: try extend(with: popMarked())
        case .setItem: try setMembers(pop(2))
        case .setItems: try setMembers(pairs(popMarked()))

        case .get: try recall(number(try line()))
        case .binGet: try recall(Int(try need(input.byte())))
        case .longBinGet: try recall(Int(try need(input.integer(UInt32.self))))
        case .put: memo[try number(try line())] = try top()
        case .binPut: memo[Int(try need(input.byte()))] = try top()
        case .longBinPut: memo[Int(try need(input.integer(UInt32.self)))] = try top()
        case .memoize: memo[memo.count] = try top()

        case .global: push(.name(try dottedName()))
        case .stackGlobal:
            let parts = try pop(2)
            guard case .text(let module) = self[parts[0]], case .text(let name) = self[parts[1]] else {
                throw fault("names a class by something that is no text")
            }
            push(.name(module + "." + name))
        case .reduce, .newObject:
            let parts = try pop(2)
            try pushCall(parts[0], tuple(parts[1]))
        case .newObjectEx:
            let parts = try pop(3)
            guard case .dictionary(let named) = self[parts[2]], named.isEmpty else {
                throw CheckpointFault.forbiddenCall(calledName(parts[0]) + " with named arguments")
            }
            try pushCall(parts[0], tuple(parts[1]))
        case .inst:
            let name = try dottedName(), arguments = try popMarked()
            push(.name(name))
            try pushCall(pop(), arguments)
        case .obj:
            let parts = try popMarked()
            guard let first = parts.first else { throw fault("calls nothing") }
            try pushCall(first, Array(parts.dropFirst()))
        case .build: try build()
        case .persistentID: throw fault("refers to another file")
        case .binPersistentID: push(.storage(try storage(pop())))
        case .extension1, .extension2, .extension4: throw fault("uses a private code of some program")
        case .nextBuffer, .readOnlyBuffer: throw fault("keeps data in another file")
        }
    }
}

// MARK: The machine's parts

extension PickleMachine {
    subscript(id: NodeID) -> PickleNode { nodes[Int(id)] }

    mutating func replace(_ id: NodeID, by node: PickleNode) { nodes[Int(id)] = node }

    func fault(_ words: String) -> CheckpointFault {
        .damaged("the description of its contents \(words) (byte \(input.position))")
    }

    private func need<T>(_ value: T?) throws -> T {
        guard let value else { throw fault("ends early") }
        return value
    }

    /// Makes a value that lies nowhere yet.
    mutating func make(_ node: PickleNode) -> NodeID {
        nodes.append(node)
        return NodeID(nodes.count - 1)
    }

    private mutating func push(_ node: PickleNode) { stack.append(make(node)) }

    private func top() throws -> NodeID {
        guard stack.count > marks.last ?? 0, let last = stack.last else { throw fault("takes more than it has") }
        return last
    }

    private mutating func pop() throws -> NodeID {
        let last = try top()
        stack.removeLast()
        return last
    }

    /// The top `count` values, the deepest first.
    private mutating func pop(_ count: Int) throws -> [NodeID] {
        guard stack.count - count >= marks.last ?? 0 else { throw fault("takes more than it has") }
        defer { stack.removeLast(count) }
        return Array(stack.suffix(count))
    }

    private mutating func popMarked() throws -> [NodeID] {
        guard let mark = marks.popLast() else { throw fault("takes more than it has") }
        defer { stack.removeSubrange(mark...) }
        return Array(stack[mark...])
    }

    private mutating func recall(_ index: Int) throws {
        guard let id = memo[index] else { throw fault("refers to a value that it has not made") }
        stack.append(id)
    }

    private func pairs(_ ids: [NodeID]) throws -> [NodeID] {
        guard ids.count.isMultiple(of: 2) else { throw fault("has a key without a value") }
        return ids
    }

    /// Counts values that a call copies, so that calls on shared containers cannot multiply the work.
    mutating func charge(_ count: Int) throws {
        copiesLeft -= count
        guard copiesLeft >= 0 else { throw fault("repeats its contents too often") }
    }

    func tuple(_ id: NodeID) throws -> [NodeID] {
        guard case .tuple(let ids) = self[id] else { throw fault("has no tuple where one should be") }
        return ids
    }

    /// Adds to a container in place: taken out of the array first, it is not copied.
    private mutating func extend(with ids: [NodeID]) throws {
        let target = Int(try top())
        let node = nodes[target]
        nodes[target] = .none
        switch consume node {
        case .list(var contents):
            contents.append(contentsOf: ids)
            nodes[target] = .list(contents)
        case .set(var contents):
            contents.append(contentsOf: ids)
            nodes[target] = .set(contents)
        default: throw fault("adds to what is no list")
        }
    }

    private mutating func setMembers(_ ids: [NodeID]) throws {
        let target = Int(try top())
        let node = nodes[target]
        nodes[target] = .none
        switch consume node {
        case .dictionary(var contents):
            contents.append(contentsOf: ids)
            nodes[target] = .dictionary(contents)
        case .object(var object):
            object.members.append(contentsOf: ids)
            nodes[target] = .object(object)
        default: throw fault("sets members of what has none")
        }
    }

    private func calledName(_ id: NodeID) -> String {
        if case .name(let name) = self[id] { name } else { "something without a name" }
    }

    private mutating func pushCall(_ callable: NodeID, _ arguments: [NodeID]) throws {
        guard case .name(let name) = self[callable] else {
            throw CheckpointFault.forbiddenCall(calledName(callable))
        }
        stack.append(try call(name, arguments))
    }

    /// Gives the value on the stack a state.
    private mutating func build() throws {
        let state = try pop()
        let target = try top()
        switch self[target] {
        case .object(var object):
            object.state = state
            replace(target, by: .object(object))
        case .dictionary, .list, .tensor, .text, .bytes, .tuple:
            break  // attributes beside the contents, such as `_metadata`
        case .name(let name): throw CheckpointFault.forbiddenCall("\(name).__setstate__")
        default: throw fault("gives a state to what has none")
        }
    }
}

// MARK: Texts and numbers

extension PickleMachine {
    private mutating func line() throws -> String { String(decoding: try need(input.line()), as: UTF8.self) }

    private mutating func take<T: FixedWidthInteger & UnsignedInteger>(_ type: T.Type) throws -> ArraySlice<UInt8> {
        guard let count = input.count(type), let bytes = input.take(count) else { throw fault("ends early") }
        return bytes
    }

    private func text(_ bytes: ArraySlice<UInt8>) -> PickleNode { .text(String(decoding: bytes, as: UTF8.self)) }

    /// A text in quotation marks, as protocol 0 has it; escapes stay as they are.
    private mutating func quotedLine() throws -> String {
        let line = try line()
        guard line.utf8.count >= 2, let quote = line.first, quote == line.last, "'\"".contains(quote) else {
            throw fault("has a text without quotation marks")
        }
        return String(line.dropFirst().dropLast())
    }

    private mutating func dottedName() throws -> String { try line() + "." + line() }

    private func number(_ line: String) throws -> Int {
        guard let value = Int(line), value >= 0 else { throw fault("has no number where one should be") }
        return value
    }

    /// A line of protocol 0: a whole number, `00` and `01` for the truth values, an L behind long ones.
    private mutating func decimal() throws -> PickleNode {
        let line = try line()
        if line == "00" || line == "01" { return .bool(line == "01") }
        let digits = line.last == "L" ? String(line.dropLast()) : line
        guard let value = Int(digits) else { throw fault("has no number where one should be, or a very large one") }
        return .integer(value)
    }

    /// A whole number in little-endian two's complement of any length.
    private func wholeNumber(_ bytes: ArraySlice<UInt8>) -> PickleNode {
        guard bytes.count <= 8 else {
            return .largeInteger(bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())
        }
        let isNegative = (bytes.last ?? 0) & 0x80 != 0
        let filled = Array(bytes) + [UInt8](repeating: isNegative ? 0xFF : 0, count: 8 - bytes.count)
        return .integer(Int(bitPattern: UInt(filled.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })))
    }
}
