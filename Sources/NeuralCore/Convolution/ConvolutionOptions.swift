/// A number along height and one along width. A literal stands for both: `stride: 2`.
public struct Size2D: Sendable, Hashable, ExpressibleByIntegerLiteral {
    public var height: Int, width: Int

    public init(_ height: Int, _ width: Int) {
        self.height = height
        self.width = width
    }

    public init(integerLiteral value: Int) { self.init(value, value) }

    var area: Int { height * width }
    /// As the kernels in C take it.
    var pair: (Int64, Int64) { (Int64(height), Int64(width)) }
}

/// Zeros added around a plane. A literal stands for all four sides: `padding: 1`.
public struct Padding2D: Sendable, Hashable, ExpressibleByIntegerLiteral {
    public var top: Int, bottom: Int, left: Int, right: Int

    public init(top: Int, bottom: Int, left: Int, right: Int) {
        self.top = top
        self.bottom = bottom
        self.left = left
        self.right = right
    }

    /// As many above as below and as many to the left as to the right.
    public init(_ height: Int, _ width: Int) {
        self.init(top: height, bottom: height, left: width, right: width)
    }

    public init(integerLiteral value: Int) { self.init(value, value) }
}

/// Zeros added before and after a sequence. A literal stands for both: `padding: 1`.
public struct Padding1D: Sendable, Hashable, ExpressibleByIntegerLiteral {
    public var before: Int, after: Int

    public init(before: Int, after: Int) {
        self.before = before
        self.after = after
    }

    public init(integerLiteral value: Int) { self.init(before: value, after: value) }

    var asWidth: Padding2D { Padding2D(top: 0, bottom: 0, left: before, right: after) }
}
