"""The addon's icon: a parcel that a hand's red ring stops. ``python3 -m dev dev.icon`` draws it."""

from PIL import Image, ImageDraw

from dev.setup.paths import CLONE

FILE = CLONE / "static" / "description" / "icon.png"
SIZE = 128
_FRONT, _SIDE, _TOP, _TAPE, _STOP = "#d9a566", "#b88447", "#ecc48e", "#f7e6cc", "#d9363e"


def main() -> None:
    """Draw it larger than needed, so that shrinking makes the edges smooth."""
    image = Image.new("RGBA", (512, 512), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    draw.polygon([(56, 166), (236, 246), (236, 456), (56, 366)], fill=_FRONT)
    draw.polygon([(236, 246), (416, 166), (416, 366), (236, 456)], fill=_SIDE)
    draw.polygon([(56, 166), (236, 86), (416, 166), (236, 246)], fill=_TOP)
    draw.polygon([(126, 135), (166, 117), (346, 197), (306, 215)], fill=_TAPE)
    draw.polygon([(306, 215), (346, 197), (346, 267), (306, 285)], fill=_TAPE)
    draw.ellipse([(262, 262), (492, 492)], fill="white")
    draw.ellipse([(278, 278), (476, 476)], outline=_STOP, width=34)
    draw.line([(318, 436), (436, 318)], fill=_STOP, width=34)
    image.resize((SIZE, SIZE), Image.Resampling.LANCZOS).save(FILE, optimize=True)


if __name__ == "__main__":
    main()
