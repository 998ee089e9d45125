import CCairo
import Foundation

/// A picture in memory, drawn with cairo and saved as PNG.
final class Canvas {
    enum Alignment: Double { case start = 0, middle = 0.5, end = 1 }

    let width: Int
    let height: Int
    private let surface: OpaquePointer
    private let context: OpaquePointer

    /// A white picture of so many pixels.
    init(width: Int, height: Int) {
        (self.width, self.height) = (width, height)
        surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, Int32(width), Int32(height))
        context = cairo_create(surface)
        cairo_set_source_rgb(context, 1, 1, 1)
        cairo_paint(context)
        cairo_select_font_face(context, "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL)
        cairo_set_line_width(context, 1)
    }

    deinit {
        cairo_destroy(context)
        cairo_surface_destroy(surface)
    }

    /// Sets pixel after pixel of a rectangle, from its upper left corner; outside the picture nothing happens.
    func fill(x: Int, y: Int, width: Int, height: Int, colour: (_ column: Int, _ row: Int) -> Colour) {
        cairo_surface_flush(surface)
        let stride = Int(cairo_image_surface_get_stride(surface))
        guard let data = cairo_image_surface_get_data(surface) else { return }
        let rows = max(0, -y)..<max(max(0, -y), min(height, self.height - y))
        let columns = max(0, -x)..<max(max(0, -x), min(width, self.width - x))
        for row in rows {
            let line = UnsafeMutableRawPointer(data + (y + row) * stride).assumingMemoryBound(to: UInt32.self)
            for column in columns { line[x + column] = colour(column, row).packed }
        }
        cairo_surface_mark_dirty(surface)
    }

    func frame(x: Int, y: Int, width: Int, height: Int) {
        black()
        cairo_rectangle(context, Double(x) - 0.5, Double(y) - 0.5, Double(width) + 1, Double(height) + 1)
        cairo_stroke(context)
    }

    func line(from start: (x: Int, y: Int), to end: (x: Int, y: Int)) {
        black()
        cairo_move_to(context, Double(start.x) + 0.5, Double(start.y) + 0.5)
        cairo_line_to(context, Double(end.x) + 0.5, Double(end.y) + 0.5)
        cairo_stroke(context)
    }

    /// Writes `text` so that its start, middle or end is at `x`, its vertical middle at `y`.
    func text(_ text: String, x: Int, y: Int, size: Double, alignment: Alignment = .start, isVertical: Bool = false) {
        black()
        cairo_save(context)
        cairo_set_font_size(context, size)
        var extents = cairo_text_extents_t()
        cairo_text_extents(context, text, &extents)
        cairo_translate(context, Double(x), Double(y))
        if isVertical { cairo_rotate(context, -.pi / 2) }
        // Digits and capitals stand about 0.72 of the size above the base line.
        cairo_move_to(context, -alignment.rawValue * extents.width - extents.x_bearing, 0.36 * size)
        cairo_show_text(context, text)
        cairo_restore(context)
    }

    /// Saves the picture; the file appears whole or not at all.
    func writePNG(to path: String) throws {
        let target = URL(fileURLWithPath: path)
        let temporary = target.deletingLastPathComponent()
            .appendingPathComponent(".\(target.lastPathComponent).\(UInt32.random(in: 0 ... .max)).partial").path
        let status = cairo_surface_write_to_png(surface, temporary)
        let reason = String(cString: strerror(errno))
        guard status == CAIRO_STATUS_SUCCESS, rename(temporary, path) == 0 else {
            unlink(temporary)
            throw CommandFailure("\(path) cannot be written: \(reason).")
        }
    }

    private func black() { cairo_set_source_rgb(context, 0.1, 0.1, 0.1) }
}

/// A colour of 8 bits per part.
struct Colour {
    var packed: UInt32

    /// Parts from 0 to 1.
    init(red: Double, green: Double, blue: Double) {
        func byte(_ part: Double) -> UInt32 { UInt32((255 * min(max(part, 0), 1)).rounded()) }
        packed = byte(red) << 16 | byte(green) << 8 | byte(blue)
    }

    /// From black over violet, red and orange to pale yellow, ever lighter, as `share` goes from 0 to 1.
    static func heat(_ share: Double) -> Colour {
        let position = min(max(share, 0), 1) * Double(stops.count - 1)
        let index = min(Int(position), stops.count - 2)
        let part = position - Double(index), (from, to) = (stops[index], stops[index + 1])
        return Colour(
            red: from.0 + part * (to.0 - from.0), green: from.1 + part * (to.1 - from.1),
            blue: from.2 + part * (to.2 - from.2))
    }

    private static let stops: [(Double, Double, Double)] = [
        (0.00, 0.00, 0.02), (0.13, 0.05, 0.30), (0.36, 0.07, 0.43), (0.58, 0.15, 0.40), (0.79, 0.26, 0.29),
        (0.94, 0.44, 0.13), (0.98, 0.68, 0.10), (0.95, 0.90, 0.40), (0.99, 1.00, 0.80),
    ]
}
