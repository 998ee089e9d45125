import Foundation

extension ShoeboxRoom {
    /// A mirrored source.
    public struct Image: Sendable, Equatable {
        /// Reflections on the way.
        public let order: Int
        /// Metres, in the room's coordinates.
        public let position: SIMD3<Double>
        /// Product of the reflection coefficients `√(1 - absorption)`, without the `1 / distance` of spreading.
        public let gain: Double
        /// Metres to the microphone.
        public let distance: Double
    }

    /// All images of a source up to the room's order, in no particular order.
    public func images(of source: SIMD3<Double>, for microphone: SIMD3<Double>) throws -> [Image] {
        try check(source: source, microphone: microphone)
        let axes = mirrorAxes(source: source, microphone: microphone)
        var images: [Image] = []
        for x in axes[0] {
            for y in axes[1] where x.order + y.order <= maximumOrder {
                for z in axes[2] where x.order + y.order + z.order <= maximumOrder {
                    images.append(
                        Image(
                            order: x.order + y.order + z.order, position: [x.position, y.position, z.position],
                            gain: x.gain * y.gain * z.gain,
                            distance: (x.squaredDistance + y.squaredDistance + z.squaredDistance).squareRoot()))
                }
            }
        }
        return images
    }

    /// One coordinate of the images, `-order … order`.
    struct Mirror {
        let order: Int
        let position: Double
        let squaredDistance: Double
        let gain: Double
    }

    func mirrorAxes(source: SIMD3<Double>, microphone: SIMD3<Double>) -> [[Mirror]] {
        let walls = [
            (absorption.west, absorption.east), (absorption.south, absorption.north),
            (absorption.floor, absorption.ceiling),
        ]
        return (0..<3).map { axis in
            let near = (1 - walls[axis].0).squareRoot(), far = (1 - walls[axis].1).squareRoot()
            return (-maximumOrder...maximumOrder).map { index in
                let odd = !index.isMultiple(of: 2)
                let position = odd
                    ? Double(index + 1) * dimensions[axis] - source[axis]
                    : Double(index) * dimensions[axis] + source[axis]
                let hits = abs(index)
                // A path to the right meets the far wall first, one to the left the near one.
                let first = (hits + 1) / 2, second = hits / 2
                let gain = index > 0
                    ? pow(far, Double(first)) * pow(near, Double(second))
                    : pow(near, Double(first)) * pow(far, Double(second))
                let distance = position - microphone[axis]
                return Mirror(order: hits, position: position, squaredDistance: distance * distance, gain: gain)
            }
        }
    }

    func check(source: SIMD3<Double>, microphone: SIMD3<Double>) throws {
        for (name, point) in [("source", source), ("microphone", microphone)] {
            guard (0..<3).allSatisfy({ point[$0] >= 0 && point[$0] <= dimensions[$0] }) else {
                throw SignalError.invalidSetting(
                    operation: "Room", reason: "the \(name) at \(point) lies outside the room of \(dimensions) m")
            }
        }
        guard source != microphone else {
            throw SignalError.invalidSetting(operation: "Room", reason: "source and microphone are at one point")
        }
    }
}
