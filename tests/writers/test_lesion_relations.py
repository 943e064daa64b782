"""Where a lesion lies: which vessels and structures the page names, in which order, and with which words."""

from __future__ import annotations

from pipeline.measurement import Fact, Measurement, absent
from pipeline.report import LesionRecord
from pipeline.writers.format import format_value
from pipeline.writers.html_page import write_html
from pipeline.writers.lesion_relations import list_others, list_vessels
from pipeline.writers.quantities import label_of

from .pages import Element, parse
from .records import done, lesion


def near(*distances: tuple[str, float], **others: Measurement) -> LesionRecord:
    """A lesion with distances (1 mm around) and other measurements."""
    found = {
        f"dist_{role}_mm": Measurement(f"dist_{role}_mm", value, "mm", max(value - 1, 0.0), value + 1)
        for role, value in distances
    }
    first = lesion(1, 30.0, "Tumour (1)")
    return first.model_copy(update={"measurements": {**first.measurements, **found, **others}})


def arc(role: str, value: float, high: float) -> Measurement:
    return Measurement(f"contact_arc_{role}_deg", value, "deg", 0.0, high)


def words(lesion_record: LesionRecord) -> list[str]:
    return [one.words for one in list_vessels(lesion_record)]


def section_of(*lesions: LesionRecord) -> Element:
    page = parse(write_html(done().model_copy(update={"lesions": lesions})))
    return next(one for one in page.all("section") if one.attributes.get("aria-labelledby") == "relations-title")


def test_vessels_come_nearest_first_and_not_more_than_three() -> None:
    roles = (("ivc", 9.0), ("portal_vein_main", 30.0), ("hepatic_vein_left", 2.0), ("hepatic_vein_right", 20.0))
    assert words(near(*roles)) == ["left hepatic vein", "vena cava", "right hepatic vein"]


def test_a_vessel_that_is_touched_is_named_however_many_there_are() -> None:
    roles = [(role, 0.0) for role in ("ivc", "portal_vein_main", "hepatic_vein_left", "hepatic_vein_right")]
    touched = near(*roles, ("hepatic_artery", 0.5), contact_arc_ivc_deg=arc("ivc", 12.0, 40.0))
    assert len(words(touched)) == 4
    assert "hepatic artery" not in words(touched)


def test_a_named_part_stands_for_the_whole_vessel() -> None:
    assert words(near(("hepatic_vein", 4.0), ("hepatic_vein_left", 4.0))) == ["left hepatic vein"]
    assert words(near(("hepatic_vein", 4.0))) == ["hepatic veins"]
    assert words(near(("hepatic_vein", 3.0), ("hepatic_vein_left", 4.0))) == ["hepatic veins", "left hepatic vein"]


def test_the_whole_stays_where_it_is_touched_farther_than_its_part() -> None:
    both = near(
        ("portal_vein", 0.0),
        ("portal_vein_left", 0.0),
        contact_arc_portal_vein_deg=arc("portal_vein", 90.0, 120.0),
        contact_arc_portal_vein_left_deg=arc("portal_vein_left", 10.0, 20.0),
    )
    assert words(both) == ["left portal vein", "portal vein"]


def test_a_wide_vessel_is_named_where_a_thin_one_is_nearer() -> None:
    assert words(near(("portal_vein", 2.0), ("vessel_ge3mm", 7.0))) == ["portal vein", "vessels of 3 mm or more"]
    assert words(near(("portal_vein", 2.0), ("vessel_ge3mm", 2.0))) == ["portal vein"]


def test_groups_and_unknown_distances_are_no_structures() -> None:
    found = near(
        ("colon", 12.0),
        ("bowel", 12.0),
        ("capsule", 1.0),
        dist_gallbladder_mm=absent("dist_gallbladder_mm", "mm", "MASK_GAP", "slices are missing"),
    )
    assert [one.words for one in list_others(found)] == ["colon"]
    assert list_vessels(found) == []


def test_the_page_says_distance_contact_overlap_and_interruption() -> None:
    touching = near(
        ("hepatic_vein_right", 0.0),
        contact_arc_hepatic_vein_right_deg=arc("hepatic_vein_right", 58.6, 142.7),
        overlap_hepatic_vein_right_ml=Measurement("overlap_hepatic_vein_right_ml", 0.25, "mL"),
    )
    closed = Fact("occluded_hepatic_vein_right", True)
    text = (
        section_of(touching.model_copy(update={"facts": {**touching.facts, closed.name: closed}}))
        .all("ul", class_="near")[0]
        .text
    )
    assert text == (
        "right hepatic vein 0.0 mm (0.0 to 1.0) , shares 0.25 mL , contact 59° (0 to 143) , interrupted at the lesion"
    )


def test_no_arc_is_printed_where_nothing_can_touch() -> None:
    text = section_of(near(("ivc", 20.0), contact_arc_ivc_deg=arc("ivc", 0.0, 0.0))).all("ul", class_="near")[0].text
    assert text == "vena cava 20.0 mm (19.0 to 21.0)"


def test_a_lesion_without_drawn_vessels_says_so_and_specks_have_no_row() -> None:
    section = section_of(near(("capsule", 3.0)), lesion(2, 3.0, "Speck (2)"))
    rows = section.all("tr")[1:]
    assert len(rows) == 1
    assert "no vessel is drawn" in rows[0].text


def test_a_report_without_distances_has_no_section() -> None:
    assert (
        "relations-title"
        not in write_html(done().model_copy(update={"lesions": (lesion(1, 30.0, "Tumour (1)"),)})).decode()
    )


def test_quantities_of_some_studies_have_words_of_their_own() -> None:
    assert label_of("dist_ivc_mm") == "Distance to vena cava"
    assert label_of("overlap_portal_vein_main_ml") == "Overlap with portal trunk"
    assert label_of("sd_intensity") == "Standard deviation of intensity"
    assert label_of("dist_bowel_mm") == "Distance to stomach, duodenum or bowel"


def test_degrees_and_remnant_by_body_surface_are_rounded() -> None:
    assert format_value(arc("ivc", 58.77087, 60.0), {}) == "59°"
    assert (
        format_value(Measurement("remnant_per_body_surface_ml_m2", 262.78998, "mL/m2"), {})
        == "263\N{NO-BREAK SPACE}mL/m²"
    )
