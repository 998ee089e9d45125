import CCairo
import Foundation

/// A picture drawn with cairo, in pixels (PNG) or as shapes (SVG). The origin is the upper left corner.
final class Canvas {
    enum Format: String, CaseIterable {
        case png, svg

        init?(path: String) { self.init(rawValue: (path as NSString).pathExtension.lowercased()) }
    }

    enum Alignment: Double { case start = 0, middle = 0.5, end = 1 }

    let width: Int
    let height: Int
    private let format: Format
    private let surface: OpaquePointer
    private let context: OpaquePointer
    /// The bytes of an SVG, which cairo hands over when the surface is finished.
    private let shapes = ByteCollector()

    /// A white picture.
    init(width: Int, height: Int, format: Format) {
        (self.width, self.height, self.format) = (width, height, format)
        switch format {
        case .png:
            surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, Int32(width), Int32(height))
        case .svg:
            surface = cairo_svg_surface_create_for_stream(
                ByteCollector.append, Unmanaged.passUnretained(shapes).toOpaque(), Double(width), Double(height))!
            cairo_svg_surface_set_document_unit(surface, CAIRO_SVG_UNIT_PX)
        }
        context = cairo_create(surface)
        set(.paper)
        cairo_paint(context)
        cairo_select_font_face(context, "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL)
        cairo_set_line_join(context, CAIRO_LINE_JOIN_ROUND)
    }

    deinit {
        cairo_destroy(context)
        cairo_surface_destroy(surface)
    }

    /// Paints a rectangle of whole pixels, each in the colour asked for.
    func fill(_ area: Rectangle, colour: (_ column: Int, _ row: Int) -> Colour) {
        let (width, height) = (Int(area.width), Int(area.height))
        guard width > 0, height > 0 else { return }
        let image = cairo_image_surface_create(CAIRO_FORMAT_RGB24, Int32(width), Int32(height))
        defer { cairo_surface_destroy(image) }
        guard let data = cairo_image_surface_get_data(image) else { return }
        let stride = Int(cairo_image_surface_get_stride(image))
        for row in 0..<height {
            let line = UnsafeMutableRawPointer(data + row * stride).assumingMemoryBound(to: UInt32.self)
            for column in 0..<width { line[column] = colour(column, row).packed }
        }
        cairo_surface_mark_dirty(image)
        cairo_set_source_surface(context, image, area.x, area.y)
        cairo_pattern_set_filter(cairo_get_source(context), CAIRO_FILTER_NEAREST)
        cairo_paint(context)
    }

    func frame(_ area: Rectangle) {
        set(.ink)
        cairo_set_line_width(context, 1)
        cairo_rectangle(context, area.x - 0.5, area.y - 0.5, area.width + 1, area.height + 1)
        cairo_stroke(context)
    }

    /// A line through points; `dashes` are the lengths of strokes and gaps.
    func line(_ points: [Point], colour: Colour = .ink, width: Double = 1, dashes: [Double] = []) {
        guard points.count > 1 else { return }
        trace(points)
        set(colour)
        cairo_set_line_width(context, width)
        cairo_set_dash(context, dashes, Int32(dashes.count), 0)
        cairo_stroke(context)
        cairo_set_dash(context, nil, 0, 0)
    }

    /// A filled shape.
    func polygon(_ points: [Point], colour: Colour, opacity: Double = 1) {
        guard points.count > 2 else { return }
        trace(points)
        cairo_close_path(context)
        set(colour, opacity)
        cairo_fill(context)
    }

    func dot(_ center: Point, radius: Double, colour: Colour) {
        set(colour)
        cairo_arc(context, center.x, center.y, radius, 0, 2 * .pi)
        cairo_fill(context)
    }

    /// Draws only inside `area` while `body` runs.
    func clipped(to area: Rectangle, _ body: () -> Void) {
        cairo_save(context)
        cairo_rectangle(context, area.x, area.y, area.width, area.height)
        cairo_clip(context)
        body()
        cairo_restore(context)
    }

    /// Writes `text` so that its start, middle or end is at the point, its vertical middle too.
    func text(_ text: String, at point: Point, size: Double, alignment: Alignment = .start, isVertical: Bool = false) {
        set(.ink)
        cairo_save(context)
        cairo_set_font_size(context, size)
        let extents = extents(text)
        cairo_translate(context, point.x, point.y)
        if isVertical { cairo_rotate(context, -.pi / 2) }
        // Digits and capitals stand about 0.72 of the size above the base line.
        cairo_move_to(context, -alignment.rawValue * extents.width - extents.x_bearing, 0.36 * size)
        cairo_show_text(context, text)
        cairo_restore(context)
    }

    /// How wide a text is.
    func width(of text: String, size: Double) -> Double {
        cairo_set_font_size(context, size)
        return extents(text).width
    }

    /// `text`, cut in the middle where it would be wider than `limit`.
    func fitted(_ text: String, size: Double, to limit: Double) -> String {
        guard width(of: text, size: size) > limit else { return text }
        var kept = text.count
        while kept > 2 {
            kept -= 1
            let cut = text.prefix((kept + 1) / 2) + "…" + text.suffix(kept / 2)
            if width(of: String(cut), size: size) <= limit { return String(cut) }
        }
        return "…"
    }

    /// The finished file's bytes. Nothing can be drawn afterwards.
    func encoded() throws -> Data {
        let status: cairo_status_t
        switch format {
        case .png:
            status = cairo_surface_write_to_png_stream(
                surface, ByteCollector.append, Unmanaged.passUnretained(shapes).toOpaque())
        case .svg:
            cairo_surface_finish(surface)
            status = cairo_surface_status(surface)
        }
        guard status == CAIRO_STATUS_SUCCESS else {
            throw CommandFailure("The picture cannot be drawn: \(String(cString: cairo_status_to_string(status))).")
        }
        return shapes.data
    }

    private func trace(_ points: [Point]) {
        for (index, point) in points.enumerated() {
            if index == 0 { cairo_move_to(context, point.x, point.y) } else { cairo_line_to(context, point.x, point.y) }
        }
    }

    private func extents(_ text: String) -> cairo_text_extents_t {
        var extents = cairo_text_extents_t()
        cairo_text_extents(context, text, &extents)
        return extents
    }

    private func set(_ colour: Colour, _ opacity: Double = 1) {
        cairo_set_source_rgba(context, colour.red, colour.green, colour.blue, opacity)
    }
}

/// What cairo writes, piece by piece.
private final class ByteCollector {
    private(set) var data = Data()

    static let append: cairo_write_func_t = { closure, bytes, count in
        guard let closure, let bytes else { return CAIRO_STATUS_WRITE_ERROR }
        Unmanaged<ByteCollector>.fromOpaque(closure).takeUnretainedValue().data.append(bytes, count: Int(count))
        return CAIRO_STATUS_SUCCESS
    }
}
