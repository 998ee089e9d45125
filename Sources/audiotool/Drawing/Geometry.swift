struct Point: Equatable {
    var x: Double, y: Double

    init(_ x: Double, _ y: Double) { (self.x, self.y) = (x, y) }
}

/// A rectangle; `y` is its upper edge.
struct Rectangle: Equatable {
    var x: Double, y: Double, width: Double, height: Double

    var right: Double { x + width }
    var bottom: Double { y + height }

    /// The point so far along the horizontal and up the vertical, both from 0 to 1.
    func point(_ across: Double, _ up: Double) -> Point { Point(x + across * width, bottom - up * height) }
}
