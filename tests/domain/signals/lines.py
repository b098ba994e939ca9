"""Lines as trainers write them, made up for these tests: for each preset its log, and what is to be read of it."""

from __future__ import annotations

from typing import Any, NamedTuple

BAR = "█████▍    "


class Written(NamedTuple):
    """A line and what it says."""

    text: str
    says: dict[str, Any] | None


OF_EVAL = {"eval_loss": 1.9, "loss": None, "step": None, "total": None, "epoch": None}

LOGS: dict[str, list[Written]] = {
    "trainer": [
        Written(
            f"  2%|{BAR}| 120/6000 [01:44<1:25:03,  1.15it/s]",
            {"step": 120, "total": 6000, "it_per_s": 1.15, "from_bar": True},
        ),
        Written(
            "{'loss': 1.8123, 'grad_norm': 0.7421, 'learning_rate': 4.9e-05, 'epoch': 0.06}",
            {"loss": 1.8123, "grad_norm": 0.7421, "lr": 4.9e-05, "epoch": 0.06},
        ),
        Written("{'loss': '1.7004', 'grad_norm': '0.61', 'learning_rate': '4.8e-05', 'epoch': '0.07'}", {
            "loss": 1.7004,
        }),
        Written("{'eval_loss': 1.9012, 'eval_runtime': 12.31, 'eval_samples_per_second': 81.2, 'epoch': 0.1}", {
            "eval_loss": 1.9012, "loss": None, "samples_per_s": None,
        }),
        Written("{'loss': nan, 'grad_norm': nan, 'learning_rate': 0.0, 'epoch': 0.11}", {
            "loss": None, "not_finite": "NaN", "grad_norm": None, "lr": 0.0,
        }),
        Written("{'train_runtime': 912.4, 'train_steps_per_second': 6.5, 'train_loss': 1.44, 'epoch': 3.0}", {
            "loss": None, "epoch": 3.0,
        }),
        Written(f"model-00001-of-00004.safetensors:  46%|{BAR}| 2.26G/4.92G [00:09<00:11, 239MB/s]", None),
        Written(f"Map (num_proc=8):  46%|{BAR}| 46000/100000 [00:09<00:11, 5110.22 examples/s]", None),
        Written(f"Loading checkpoint shards:  50%|{BAR}| 2/4 [00:09<00:09,  4.51s/it]", None),
        Written("Gradient Accumulation steps = 4", None),
        Written("  Num Epochs = 3", {"epochs": 3.0}),
        Written("  Num Epochs = 9,223,372,036,854,775,807", None),
        Written("  Total optimization steps = 4,851", {"total": 4851}),
        Written("   \\   /|    Num Epochs = 1 | Total steps = 60", {"total": 60, "epochs": 1.0}),
        Written("{'loss': 0.0, 'grad_norm': nan, 'learning_rate': 1e-05, 'epoch': 0.12}", {
            "loss": None, "not_finite": "NaN",
        }),
        Written("{'loss': np.float32(1.25), 'grad_norm': tensor(0.5), 'epoch': 0.1}", {"loss": 1.25, "grad_norm": 0.5}),
        Written(f" 50%|{BAR}| 3.0k/6.0k [00:10<00:10, 300it/s]", {"step": 3000, "total": 6000, "it_per_s": 300.0}),
        Written(f" 50%|{BAR}| 30/60 [00:10<00:20, 1.25s/step]", {"step": 30, "it_per_s": 0.8}),
    ],
    "axolotl": [
        Written("[2026-11-02 08:00:01,311] [INFO] [axolotl.train.train:211] Starting trainer...", None),
        Written(
            "{'loss': 0.9012, 'grad_norm': 0.31, 'learning_rate': 1.9e-05, 'ppl': 2.46, "
            "'memory/max_active (GiB)': 41.2, 'tokens_per_second_per_gpu': 3120.5, 'epoch': 0.5}",
            {"loss": 0.9012, "tokens_per_s": 3120.5, "per_gpu": True, "epoch": 0.5},
        ),
    ],
    "lightning": [
        Written(
            f"Epoch 3:  45%|{BAR}| 450/1000 [00:12<00:15, 36.20it/s, v_num=7, train_loss=0.234]",
            {"epoch": 3.0, "step": 450, "total": 1000, "within": True, "it_per_s": 36.2, "loss": 0.234},
        ),
        Written(
            f"Epoch 4/9:  46%|{BAR}| 460/1000 [00:12<00:15, 36.10it/s, v_num=7, loss=0.231]",
            {"epoch": 4.0, "epochs": 10.0, "loss": 0.231},
        ),
        Written(
            "Epoch 3/9  ━━━━━━━━━━╸━━━━━━━ 450/1000 0:00:12 • 0:00:15 36.20it/s v_num: 7 train_loss: 0.234",
            {"epoch": 3.0, "epochs": 10.0, "step": 450, "total": 1000, "within": True, "it_per_s": 36.2, "loss": 0.234},
        ),
        Written(f"Validation DataLoader 0:  46%|{BAR}| 4/9 [00:12<00:15, 36.10it/s]", None),
    ],
    "nemo": [
        Written(
            "Training epoch 0, iteration 45/999 | lr: 4.6e-07 | global_batch_size: 8 | global_step: 45 | "
            "reduced_train_loss: 10.51 | train_step_timing in s: 1.25 | consumed_samples: 368",
            {"step": 45, "total": 1000, "within": True, "loss": 10.51, "it_per_s": 0.8, "samples": 368, "lr": 4.6e-07},
        ),
        Written(
            f"Epoch 0: :   4%|{BAR}| 46/1000 [01:00<22:10,  1.40s/it, reduced_train_loss=7.50, global_step=46.00, "
            "train_step_timing in s=1.25]",
            {"step": 46, "total": 1000, "loss": 7.5},
        ),
        Written(
            f"Epoch 0: :   4%|{BAR}| 47/1000 [01:00<22:10, v_num=, reduced_train_loss=7.40, global_step=47.00]",
            {"step": 47, "total": 1000, "loss": 7.4, "within": True},
        ),
    ],
    "megatron": [
        Written(
            " [2026-11-02 08:00:01] iteration      100/  500000 | consumed samples:        25600 | elapsed time per "
            "iteration (ms): 2500.0 | throughput per GPU (TFLOP/s/GPU): 412.3 | learning rate: 1.500000E-05 | "
            "global batch size:   256 | lm loss: 9.876543E+00 | loss scale: 1.0 | grad norm: 1.234 | "
            "number of skipped iterations:   0 | number of nan iterations:   0 |",
            {
                "step": 100, "total": 500000, "samples": 25600, "it_per_s": 0.4, "lr": 1.5e-05, "loss": 9.876543,
                "grad_norm": 1.234,
            },
        ),
        Written(
            " iteration      101/  500000 | consumed samples:  25856 | elapsed time per iteration (ms): 2000.0 | "
            "lm loss: 9.5 | load_balancing_loss: 1.02 | grad norm: 1.1 |",
            {"step": 101, "it_per_s": 0.5, "loss": 9.5},
        ),
        Written(" validation loss at iteration 900 | lm loss value: ? | lm loss PPL: ? |", None),
        Written(" validation loss at iteration 1000 | lm loss value: 2.345678E+00 | lm loss PPL: 1.044E+01 |", {
            "eval_loss": 2.345678, "loss": None, "step": None,
        }),
    ],
    "torchtune": [
        Written(
            f"1|45|Loss: 1.2345:  10%|{BAR}| 45/450 [01:00<09:00,  1.33s/it]",
            {"step": 45, "total": 450, "within": True, "loss": 1.2345, "epoch": 0.0},
        ),
        Written(
            "Step 46 | loss:1.2211 lr:2e-05 tokens_per_second_per_gpu:1234.5 grad_norm:0.81 peak_memory_active:21.3",
            {"step": 46, "loss": 1.2211, "lr": 2e-05, "tokens_per_s": 1234.5, "grad_norm": 0.81},
        ),
    ],
    "nanogpt": [
        Written("iter 1200: loss 2.3456, time 125.00ms, mfu 34.56%", {"step": 1200, "loss": 2.3456, "it_per_s": 8.0}),
        Written("step 1000: train loss 1.9811, val loss 2.0112", {"step": 1000, "loss": 1.9811, "eval_loss": 2.0112}),
        Written(
            "step  123/19560 | loss 3.451234 (+0.12z)| norm 0.3212 (-0.2z)| lr 6.00e-04 | 250.00 ms | 61.2% bf16 MFU | "
            "1234567 tok/s",
            {
                "step": 123, "total": 19560, "loss": 3.451234, "grad_norm": 0.3212, "it_per_s": 4.0,
                "tokens_per_s": 1234567,
            },
        ),
        Written(
            "step 00012/21400 (0.06%) | loss: 9.112312 | lrm: 1.00 | dt: 500.00ms | tok/sec: 100,123 | mfu: 41.2",
            {"step": 12, "total": 21400, "loss": 9.112312, "it_per_s": 2.0, "tokens_per_s": 100123.0},
        ),
        Written("step:130/1390 train_loss:3.4012 train_time:12000ms step_avg:100.00ms", {
            "step": 130, "total": 1390, "loss": 3.4012, "it_per_s": 10.0,
        }),
    ],
    "ultralytics": [
        Written(
            "      3/100      4.51G      1.250      0.875      1.000         45        640: "
            f" 66%|{BAR}| 30/45 [00:04<00:02,  6.91it/s]",
            {
                "epoch": 3.0, "epochs": 100.0, "counts_from": 1, "loss": 3.125, "step": 30, "total": 45, "within": True,
                "it_per_s": 6.91,
            },
        ),
        Written("      4/100      4.51G        nan        nan        nan         45        640", {"not_finite": "NaN"}),
        Written("      5/100      4.51G    1.25   0.875    1.1     45    640: 66% ━━━━╸── 30/45 6.9it/s 4s", {
            "epoch": 5.0, "step": 30, "total": 45, "within": True, "it_per_s": 6.9,
        }),
        Written("      Epoch    GPU_mem   box_loss   cls_loss   dfl_loss  Instances       Size", None),
    ],
    "keras": [
        Written("Epoch 3/10", {"epoch": 3.0, "epochs": 10.0, "counts_from": 1}),
        Written(
            " 45/100 ━━━━━━━━━━━━━━━━━━━━ 6s 125ms/step - accuracy: 0.9012 - loss: 0.3123",
            {"step": 45, "total": 100, "within": True, "loss": 0.3123, "it_per_s": 8.0},
        ),
        Written("100/100 - 13s - 130ms/step - accuracy: 0.9 - loss: 0.25 - val_loss: 0.32", {
            "step": 100, "total": 100, "within": True, "loss": 0.25, "eval_loss": 0.32,
        }),
        Written(" 46/100 [====>.........] - ETA: 12s - loss: 0.3412 - accuracy: 0.87", {"step": 46, "loss": 0.3412}),
        Written(
            "100/100 ━━━━━━━━━━━━━━━━━━━━ 13s 130ms/step - loss: 0.3010 - val_accuracy: 0.9 - val_loss: 0.3312",
            {"loss": 0.301, "eval_loss": 0.3312},
        ),
    ],
    "json": [
        Written('{"step": 500, "train/loss": 2.25, "lr": 0.0003, "tokens_per_sec": 41200, "epoch": 1}', {
            "step": 500, "loss": 2.25, "lr": 0.0003, "tokens_per_s": 41200.0, "epoch": 1.0,
        }),
        Written('INFO {"global_step": 501, "metrics": {"loss": 2.2, "grad_norm": 0.5}}', {
            "step": 501, "loss": 2.2, "grad_norm": 0.5,
        }),
        Written('{"step": 502, "loss": NaN}', None),
        Written('{"iteration": 5, "train": {"loss": 2.2, "tokens_per_sec": "41.2k"}, "val": {"loss": 2.4, "tps": 9}}', {
            "step": 5, "loss": 2.2, "eval_loss": 2.4, "tokens_per_s": 41200.0,
        }),
        Written('{"step": 6, "eval": {"loss": 2.5}}', {"loss": None, "eval_loss": 2.5}),
        Written('{"step": 6, "valMetrics": {"loss": 2.5}}', {"loss": None, "eval_loss": 2.5}),
        Written('{"step": 6, "TEST/all": {"loss": 2.5}}', {"loss": None, "eval_loss": 2.5}),
        Written('{"latest": {"step": 5, "loss": 1.2}}', {"step": 5, "loss": 1.2, "eval_loss": None}),
        Written('{"step": 5, "values": {"loss": 1.2}}', {"loss": 1.2, "eval_loss": None}),
        Written('{"step": 5, "interval": {"loss": 1.2}}', {"loss": 1.2, "eval_loss": None}),
        Written('{"step": 45, "max_steps": 450, "epoch": 1, "num_epochs": 10, "loss": 2}', {"within": False}),
        Written('{"step": 503, "loss": "NaN"}', {"step": 503, "not_finite": "NaN"}),
    ],
    "pairs": [
        Written("INFO  trainer: step 4120 | loss 2.1045 | lr 2.98e-04 | grad_norm 0.81 | 41.2k tok/s", {
            "step": 4120, "loss": 2.1045, "lr": 2.98e-04, "grad_norm": 0.81, "tokens_per_s": 41200.0,
        }),
        Written("time=2026-11-02 step=12 total_steps=400 loss=3.1 eval_loss=3.2", {
            "step": 12, "total": 400, "loss": 3.1, "eval_loss": 3.2,
        }),
        Written("loss: tensor(2.3100, device='cuda:0')", {"loss": 2.31}),
        Written("aux loss: 0.2", None),
        Written("wrote step 9", None),
        Written("step 4,120 of 100,000: loss=2,1045 lr=2,98e-04", {
            "step": 4120, "total": 100000, "loss": 2.1045, "lr": 2.98e-04,
        }),
        Written("step 12 of 100: loss=0,512 lr=0,001", {"step": 12, "total": 100, "loss": 0.512, "lr": 0.001}),
        Written("step 1.2k/100k loss 1,284", {"step": 1200, "total": 100000, "loss": 1284.0}),
        Written("Epoch [3/10], Step [45/450], Loss: 0.5123", {
            "epoch": 3.0, "epochs": 10.0, "counts_from": 1, "step": 45, "total": 450, "within": True, "loss": 0.5123,
        }),
        Written("epoch 3/10 | step 250/1000 | loss 0.5", {"step": 250, "total": 1000, "within": False}),
        Written("[Epoch 3/10] [Batch 45/450] [loss: 0.5]", {"step": 45, "total": 450, "within": True, "loss": 0.5}),
        Written("tokenizing batch 3/10", None),
        Written("batch 32 loss 0.5", {"step": None, "loss": 0.5}),
        Written("Epoch: [3][ 45/450]\tTime 0.123 (0.130)\tLoss 2.34e+00 (2.5e+00)", {
            "epoch": 3.0, "step": 45, "total": 450, "within": True, "loss": 2.34,
        }),
        Written("Train Epoch: 3 [15000/60000 (25%)]\tLoss: 0.234567", {
            "epoch": 3.25, "counts_from": 1, "step": None, "total": None, "within": False, "loss": 0.234567,
        }),
        Written("Train Epoch: 0 [15000/60000] (25%)\tLoss: 0.2", {"epoch": 0.25, "counts_from": 0, "step": None}),
        Written("Val Epoch: [0][ 40/50]\tTime 0.123 (0.130)\tLoss 1.9e+00 (2.0e+00)", OF_EVAL),
        Written("Test: [ 40/50]\tTime 0.123 (0.130)\tLoss 1.9e+00 (2.0e+00)", OF_EVAL),
        Written("INFO mmengine: Epoch(val) [1][50/50]  loss: 1.9", OF_EVAL),
        Written("eval step 4/50 | loss 1.9", OF_EVAL),
        Written("Test set: Average loss: 1.9, Accuracy: 9843/10000 (98%)", OF_EVAL),
        Written("[eval] Epoch [3/10] step 4/50 loss 1.9", OF_EVAL),
        Written("Test: [3][ 40/50] Loss 1.9", OF_EVAL),
        Written("test: step 5 | loss 2", {"step": 5, "loss": 2.0, "eval_loss": None}),
        Written("qwen-test step 5 | loss 2", {"step": 5, "loss": 2.0, "eval_loss": None}),
        Written("Validation: [40/50] Time 0.1", None),
        Written(f"Validation Epoch 3: 45%|{BAR}| 4/5 [00:01<00:02, 1.0it/s, loss=1.9]", OF_EVAL),
        Written("latest step 5 loss 2 | val loss 3", {"step": 5, "loss": 2.0, "eval_loss": 3.0}),
        Written("step 5 loss 2 | val step 3", {"step": 5, "loss": 2.0, "eval_loss": None}),
        Written("| epoch 001:    100 / 2000 loss=9.8, wps=12000", {"epoch": 1.0, "step": 100, "total": 2000}),
        Written(f"Training: 45%|{BAR}| 450/1000 [00:12<00:15, 36.20it/s, loss=0.234]", {"step": 450, "loss": 0.234}),
        Written("loss=-inf step=3", {"not_finite": "Inf", "step": 3}),
    ],
    "bar": [
        Written(f"Training:  45%|{BAR}| 450/1000 [00:12<00:15, 36.20it/s, loss=0.234]", {
            "step": 450, "total": 1000, "loss": 0.234, "it_per_s": 36.2,
        }),
        Written("Training: 120it [00:10, 12.0it/s, loss=0.3]", {"step": 120, "total": None, "loss": 0.3}),
        Written("Generating train split: 51760 examples [00:00, 90000 examples/s]", None),
        Written(f"Evaluating:  45%|{BAR}| 450/1000 [00:12<00:15, 36.20it/s]", None),
    ],
}  # fmt: skip
