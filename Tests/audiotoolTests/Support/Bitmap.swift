import CCairo
import Foundation

/// A decoded PNG file.
final class Bitmap {
    let width: Int
    let height: Int
    private let surface: OpaquePointer

    init?(png bytes: [UInt8]) {
        var rest = bytes[...]
        surface = withUnsafeMutablePointer(to: &rest) { rest in
            cairo_image_surface_create_from_png_stream(
                { closure, target, count in
                    let rest = closure!.assumingMemoryBound(to: ArraySlice<UInt8>.self)
                    guard rest.pointee.count >= Int(count), let target else { return CAIRO_STATUS_READ_ERROR }
                    for index in 0..<Int(count) { target[index] = rest.pointee[rest.pointee.startIndex + index] }
                    rest.pointee = rest.pointee.dropFirst(Int(count))
                    return CAIRO_STATUS_SUCCESS
                }, rest)!
        }
        width = Int(cairo_image_surface_get_width(surface))
        height = Int(cairo_image_surface_get_height(surface))
        guard cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS, width > 0, height > 0 else { return nil }
    }

    deinit { cairo_surface_destroy(surface) }

    /// The sum of a pixel's parts, from 0 to 765.
    func brightness(x: Int, y: Int) -> Int {
        let line = cairo_image_surface_get_data(surface)! + y * Int(cairo_image_surface_get_stride(surface)) + 4 * x
        return Int(line[0]) + Int(line[1]) + Int(line[2])
    }

    /// How many different brightnesses there are; a blank page has one.
    var shades: Int {
        Set((0..<height).flatMap { y in stride(from: 0, to: width, by: 3).map { brightness(x: $0, y: y) } }).count
    }
}
