import csv
import io
import zipfile
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlmodel import col

from gateway.storage.database import create_database_engine
from graph.errors import TaxonomyError
from graph.model import Language
from graph.taxonomy.builtin import load_builtin
from graph.taxonomy.importing import import_taxonomy, live_graph
from graph.taxonomy.store import TaxonomyVersion, live_version

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SKILL = "http://data.europa.eu/esco/skill/{}"
OCCUPATION = "http://data.europa.eu/esco/occupation/{}"
TAXI = OCCUPATION.format("6f7c1e84-8162-4c20-a575-b57ff624eef5")


def table(columns, *rows):
    text = io.StringIO()
    csv.writer(text).writerows([columns.split(), *rows])
    return text.getvalue()


def concepts(kind, *rows):
    columns = "conceptType conceptUri {} preferredLabel altLabels description".format(
        "iscoGroup" if kind == "occupations" else "skillType"
    )
    return table(columns, *(("C", *row) for row in rows))


def download(**changes):
    """A small ESCO in the layout of v1.1.1: two occupations, three skills."""
    files = {
        "skills_en.csv": concepts(
            "skills",
            (
                SKILL.format("a"),
                "skill/competence",
                "juggle",
                "throw balls\nkeep balls in the air",
                "Keep things in the air.",
            ),
            (SKILL.format("b"), "knowledge", "theory of juggling", "", ""),
            (SKILL.format("c"), "skill/competence", "entertain", "", ""),
        ),
        "occupations_en.csv": concepts(
            "occupations",
            (OCCUPATION.format("x"), "2659", "juggler", "ball artist", "Jugglers juggle."),
            (TAXI, "8322", "taxi driver", "", ""),
        ),
        "occupationSkillRelations.csv": table(
            "occupationUri relationType skillType skillUri",
            (OCCUPATION.format("x"), "essential", "skill/competence", SKILL.format("a")),
            (OCCUPATION.format("x"), "optional", "knowledge", SKILL.format("b")),
        ),
        "broaderRelationsSkillPillar.csv": table(
            "conceptType conceptUri broaderType broaderUri",
            ("KnowledgeSkillCompetence", SKILL.format("a"), "KnowledgeSkillCompetence", SKILL.format("c")),
            ("KnowledgeSkillCompetence", SKILL.format("c"), "SkillGroup", SKILL.format("S1")),
        ),
    }
    files.update({name.replace("__", "."): text for name, text in changes.items()})
    return {name: text for name, text in files.items() if text is not None}


def as_version_1_2(files):
    """v1.2: labels beside the URIs, the language in every file's name."""
    renamed = {}
    for name, text in files.items():
        rows = list(csv.reader(io.StringIO(text)))
        if "_en" not in name:
            rows = [[*row, "occupationLabel" if number == 0 else "label"] for number, row in enumerate(rows)]
            name = name.replace(".csv", "_en.csv")
        out = io.StringIO()
        csv.writer(out).writerows(rows)
        renamed[name] = out.getvalue()
    return renamed


@pytest.fixture
def engine(tmp_path):
    engine = create_database_engine(f"sqlite:///{tmp_path}/test.db")
    TaxonomyVersion.metadata.tables["taxonomy_version"].create(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def write(tmp_path):
    def write(files, *, zipped=False):
        if zipped:
            path = tmp_path / "esco.zip"
            with zipfile.ZipFile(path, "w") as archive:
                for name, text in files.items():
                    archive.writestr(f"ESCO dataset/{name}", text)
            return path
        path = tmp_path / "esco"
        path.mkdir(exist_ok=True)
        for each in path.iterdir():
            each.unlink()
        for name, text in files.items():
            (path / name).write_text(text, encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize("zipped", [False, True], ids=["directory", "zip"])
@pytest.mark.parametrize("version", [dict, as_version_1_2], ids=["v1.1", "v1.2"])
def test_a_download_becomes_the_live_graph(engine, write, version, zipped):
    report = import_taxonomy(engine, write(version(download()), zipped=zipped), now=NOW)
    assert (report.changed, report.languages) == (True, ("en",))
    assert report.counts == {"skills": 3, "occupations": 2, "relations": 2, "broader": 1}
    graph = live_graph(engine)
    juggler = graph.occupations["esco:x"]
    assert (juggler.name, juggler.isco, juggler.synonyms[Language.EN]) == ("juggler", "2659", ("ball artist",))
    assert (graph.essential("esco:x"), graph.optional("esco:x")) == ({"esco:a"}, {"esco:b"})
    assert graph.broader("esco:a") == {"esco:c"}
    assert graph.skill_names.exactly("Keep balls in the air") == ("esco:a",)
    assert graph.occupations["esco:6f7c1e84-8162-4c20-a575-b57ff624eef5"].job_zone == 2, "kept from the built-in one"


def test_the_official_download_comes_as_several_zips(engine, tmp_path):
    files = download()
    for archive, names in {"en.zip": ("_en.csv",), "relations.zip": ("Relations.csv", "Pillar.csv")}.items():
        with zipfile.ZipFile(tmp_path / archive, "w") as out:
            for name in files:
                if name.endswith(names):
                    out.writestr(name, files[name])
    assert import_taxonomy(engine, tmp_path, now=NOW).counts["relations"] == 2


def test_without_an_import_the_built_in_taxonomy_is_live(engine):
    assert live_version(engine) is None
    assert live_graph(engine) is load_builtin()


def test_an_import_is_idempotent(engine, write):
    first = import_taxonomy(engine, write(download()), now=NOW)
    again = import_taxonomy(engine, write(as_version_1_2(download()), zipped=True), now=NOW + timedelta(hours=1))
    assert (again.version, again.changed) == (first.version, False)


def test_an_earlier_version_can_come_back_and_old_ones_are_dropped(engine, write):
    versions = []
    for number, label in enumerate(["one", "two", "three", "four", "one"]):
        files = download()
        files["skills_en.csv"] = files["skills_en.csv"].replace("juggle,", f"juggle {label},")
        versions.append(import_taxonomy(engine, write(files), now=NOW + timedelta(hours=number)).version)
        assert live_version(engine) == versions[-1]
    assert versions[0] == versions[4]
    with engine.connect() as connection:
        assert set(connection.execute(select(col(TaxonomyVersion.id))).scalars()) == set(versions[2:])


def test_other_languages_add_labels(engine, write):
    files = download()
    for kind in ("skills", "occupations"):
        files[f"{kind}_sv.csv"] = files[f"{kind}_en.csv"].replace("juggle", "jonglera")
    report = import_taxonomy(engine, write(files), now=NOW)
    assert report.languages == ("en", "sv")
    assert live_graph(engine).skills["esco:a"].labels == {"en": "juggle", "sv": "jonglera"}
    assert live_graph(engine).skill_names.exactly("JONGLERA") == ("esco:a",)


def test_our_swedish_names_stay_where_the_download_has_none(engine, write):
    import_taxonomy(engine, write(download()), now=NOW)
    taxi = live_graph(engine).occupations["esco:" + TAXI.rsplit("/", 1)[1]]
    assert taxi.labels == {"en": "taxi driver", "sv": "taxiförare"}
    assert live_graph(engine).skills["esco:a"].labels == {"en": "juggle"}


def test_a_download_without_english_is_labeled_in_its_own_language(engine, write):
    files = {name.replace("_en", "_de"): text for name, text in download().items()}
    import_taxonomy(engine, write(files), now=NOW)
    assert live_graph(engine).skills["esco:a"].name == "juggle"


def test_job_zones_come_from_onet(engine, write, tmp_path):
    zones, crosswalk = tmp_path / "Job Zones.txt", tmp_path / "crosswalk.csv"
    zones.write_text("O*NET-SOC Code\tJob Zone\tDate\n1\t5\tx\n2\t4\tx\n3\t2\tx\n", encoding="utf-8")
    juggler = OCCUPATION.format("x")
    crosswalk.write_text(
        f"Mapping project name,x\n\nO*NET Id,ESCO or ISCO URI,Type of Match\n1,{juggler},broadMatch\n"
        f"2,{juggler},exactMatch\n3,{juggler},exactMatch\n",
        encoding="utf-8-sig",
    )
    report = import_taxonomy(engine, write(download()), now=NOW, job_zones=zones, crosswalk=crosswalk)
    assert report.job_zones == 1
    assert live_graph(engine).occupations["esco:x"].job_zone == 2
    with pytest.raises(TaxonomyError, match="both of job zones and crosswalk"):
        import_taxonomy(engine, write(download()), now=NOW, job_zones=zones)


def test_progress_is_told_to_the_end(engine, write):
    told = {}
    import_taxonomy(engine, write(download()), now=NOW, progress=lambda *each: told.update({each[0]: each[1:]}))
    assert set(told) == set(download())
    assert all(done == total for done, total in told.values())


WRONG = {
    "no file": ({"skills_en__csv": None}, r"There is no skills_<language>\.csv\."),
    "no relations": ({"occupationSkillRelations__csv": None}, r"There is no occupationSkillRelations\.csv\."),
    "one language of two": ({"skills_fr__csv": "x"}, "Only one of skills and occupations is there in fr"),
    "no column": (
        {"skills_en__csv": "conceptUri,altLabels\n"},
        "skills_en.csv, line 1: there is no column preferredLabel",
    ),
    "no rows": ({"skills_en__csv": concepts("skills")}, "skills_en.csv has no rows"),
    "cut off": (
        {"skills_en__csv": download()["skills_en.csv"] + "C,http://data.europa.eu/esco/skill/d"},
        "skills_en.csv, line 6: the row ends before preferredLabel",
    ),
    "another URI": (
        {"skills_en__csv": concepts("skills", ("http://x.example/1", "", "x", "", ""))},
        "line 2: .* is no URI",
    ),
    "no label": (
        {"skills_en__csv": concepts("skills", (SKILL.format("a"), "", " ", "", ""))},
        "line 2: .* has no preferred",
    ),
    "twice": (
        {"skills_en__csv": download()["skills_en.csv"] + f"C,{SKILL.format('a')},x,x,x,x\n"},
        "skills_en.csv, line 6: .*/a is there twice",
    ),
    "another relation": (
        {"occupationSkillRelations__csv": table("occupationUri relationType skillUri", ("x", "maybe", "y"))},
        "occupationSkillRelations.csv, line 2: relationType is 'maybe'",
    ),
    "unknown concepts": (
        {
            "occupationSkillRelations__csv": table(
                "occupationUri relationType skillUri", (TAXI, "essential", SKILL.format("gone"))
            )
        },
        "1 of 1 rows name concepts that are not there; first: line 2, .*gone",
    ),
    "broken quotes": (
        {"skills_en__csv": 'conceptUri,skillType,preferredLabel,altLabels,description\n"a"b,c\n'},
        "line 2",
    ),
}


@pytest.mark.parametrize(("changes", "message"), WRONG.values(), ids=WRONG)
def test_a_wrong_download_is_named_exactly_and_changes_nothing(engine, write, changes, message):
    before = import_taxonomy(engine, write(download()), now=NOW).version
    with pytest.raises(TaxonomyError, match=message):
        import_taxonomy(engine, write(download(**changes)), now=NOW + timedelta(hours=1))
    assert live_version(engine) == before


def test_files_of_another_kind_are_refused(engine, tmp_path):
    for name, content in {"notes.txt": b"x", "broken.zip": b"PK\x03\x04"}.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(TaxonomyError, match=f"{name} is neither a directory nor a zip file"):
            import_taxonomy(engine, tmp_path / name, now=NOW)
    with pytest.raises(TaxonomyError, match="nowhere does not exist"):
        import_taxonomy(engine, tmp_path / "nowhere", now=NOW)


def test_another_encoding_is_refused(engine, write):
    path = write(download())
    (path / "skills_en.csv").write_bytes(download()["skills_en.csv"].replace("juggle", "jönglera").encode("latin-1"))
    with pytest.raises(TaxonomyError, match=r"skills_en\.csv is not UTF-8: .* at byte \d+"):
        import_taxonomy(engine, path, now=NOW)


def test_relations_of_few_unknown_concepts_are_left_out_and_counted(engine, write):
    skill = SKILL.format("a")
    rows = [(OCCUPATION.format("x"), "essential", skill)] * 200 + [(OCCUPATION.format("gone"), "essential", skill)]
    relations = table("occupationUri relationType skillUri", *rows)
    assert import_taxonomy(engine, write(download(occupationSkillRelations__csv=relations)), now=NOW).left_out == 1
