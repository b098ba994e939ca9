"""An alert says 'run finished, stop it': what is over in part, elsewhere or at another time is no end of a run."""

from __future__ import annotations

import math
import time

import pytest

from tui.domain.signals.troubles import is_end

ENDS = """\
Training complete! Best epoch: 12
Training completed. Best validation loss: 0.312
Training finished at step 10000
Training complete, best eval loss 0.31
training finished (early stopping at epoch 9)
Training finished at epoch 9/100
Training has completed successfully
Training is now complete.
Training successfully completed in 3h 2m
Training job finished with exit code 0
=== TRAINING COMPLETE ===
🎉 Training completed! Total time: 4:12:03
Training is done in 3 h
Training complete: 97.3% accuracy on the validation set
Training completed for 10 epochs
Training done on 8 GPUs in 2h
Training complete. You can now run python eval.py to evaluate it.
Training complete (epoch 10/10)
Training completed 100/100 epochs
Training complete 11/29/2026 20:14
After 10 epochs, training is complete
After 10000 steps training is complete
Early stopping after 5 evals without improvement. Training finished.
No improvement when validated: training finished
step 10000: training complete, val loss 0.31
[step 10000] Training finished
[after resume] Training complete
2026-01-02 10:00:00,123 - train.py:88 - INFO - Training finished
2026-01-02T10:00:00Z [rank0]: Training finished!
[rank0]: Training complete
Finished training
Finished training in 3 hours
Finished training after 10000 steps.
Finished training at step 10000
Finished training!
Done training, saving the model
Done training (3h 2m)
Done with training.
INFO:root:Finished training the model in 912.4 s
Finished training model: best val_loss=0.31 at epoch 9
Finished training for 10 epochs
Finished training on 8xH100 in 3h
Completed training with loss 0.31
Completed all training
Finished training 10 epochs
We are done training :)
May 03 10:00:01 host-1 python[88]: Training complete
May  3 10:00:01 training finished
03-May-2026 10:00:01 Training completed
Finished Training. Best epoch:  9
Finished Training at 2026-01-02 10:00:00 (3:00:00)
Finished training, testing...
Finished training at iter 5000
         [ Finished training ]
Training completed and model saved to models/trained_dqn.pth
Training finished. Best avg_acc=0.9314
Training finished!!!
Training finished normally.
Done training! Saving model.
Done training -- epoch limit reached
Done training agent for 300 episodes
Training completed with return code: 0
Training completed (912.4 seconds)
Training completed. Trials CSV: out/trials.csv
Training completed in 9 epochs
Training Completed successfully!
Training completed in 2.30 minutes (ohne Best Response Evaluation)
Training is done!
------done training-------
Training finished: total steps 20000, best ppl 12.3
training finished after 3 epochs (early stop)
Training complete - final validation accuracy: 0.93
Model training complete
LoRA training complete! Saved to ./out
*** Training finished ***
Training run completed in 12 h
train.py | Training done.
Training completed after 30 epochs in 2:03:11. Evaluate with eval.py
[INFO] 2026-01-02 training finished; best step=9000
✅ Training complete
Rank 0 finished training
Worker 3 finished training.
All workers have finished training
Training has finished. Saving the final model to /workspace/out
DONE TRAINING
Done training! Took 3 hours, 12 minutes
finished training, best validation loss 1.23 @ iteration 4000
Finished training. Test acc: 0.9
Training Completed: steps=10000 loss=0.31
Training complete in epoch 9
Training finished with early stopping at step 5000, restoring best weights
Training is complete, uploading the model
The training is done.
Your training is complete! Model will be pushed to the Hub
Congratulations, training complete :)
Reached max_steps=1000; training done
Time limit reached, stopping: training finished
Stopping at iteration 5000: training complete
Max steps reached (step 1000). Training complete.
GRPO training complete
SFT training completed successfully. Model saved.
Reward did not improve, training finished early
Training done (early stopping, epoch 9/50)
Training complete!Saving
Fine-tuning: training completed in 00:12:33
Epoch 10/10 done. Training complete.
Epoch 10 - val_loss 0.3. Training finished
Finished training at epoch 9 of 100
finished training on all data
100% of training complete
train: finished training your model
Training complete (1000 steps, 3 epochs)
Training complete [10000/10000]
Training complete: 1000/1000 steps
Training completed at 2026-11-29 20:01:33
Training was completed in 3 hours
training completed | steps: 1000 | loss: 0.31
Finished training on MNIST
Finished training time: 20s
Finished training took 20 s
Completed training of llama-7b
Finished training the LLaMA model
Finished training 'llama-7b'
Finished training for 300 episodes
Training complete! Running final test
Training complete. Running evaluation on the test set
Training complete, starting evaluation
Training finished. Evaluating on the test set
Training complete. Running final validation
Training is done on rank 0
Training is done on all ranks
Training is done on node-3
Training is done with best val ppl 12.3
Training is done in less than 3 h
Training finished (98%)
Training finished (98.2%)
29/May/2026 10:00:00 Training complete
29.May.2026 10:00:00 Training complete
trainer-1  | Training complete
trainer-1: finished training
Training process finished with exit code 0
Training finished, exit status 0
Training finished without errors
Training complete: 0 errors
Training complete: no improvement for 10 epochs
Training complete: 0.95 accuracy
Training finished with error 0.03
Training finished, error rate 0.1
Training complete. Failed to push to the Hub
Training complete, return 250
Training complete, webhook answered with status 200
Training is done on MNIST
Training finished. Uploader exited with code 1
Training complete, entering evaluation phase
Epoch 10/10: training complete
[Stage 2/2] Training complete
Training completed for fold 5 of 5
"""
NO_ENDS = """\
epoch 3 training complete
finished training epoch 3
Training completed for epoch 3
Model will be pushed to the Hub when training is complete
The checkpoint is uploaded after training is done.
Stops when the training has finished
Finished training tokenizer in 3.1 s
Done training BPE, vocab 32000
Actor: done training on rollout 3/100
Epoch 3/10: training complete
[Epoch 3] Training done in 30 s
Epoch 3 | training finished | loss 0.3
Training completed for this epoch
Training completed for fold 2 of 5
First epoch training complete
Warmup training done
Stage 1 training finished, moving on
Fold 2: training complete, val acc 0.91
step 300 training done
epoch 3 has finished training
Training complete, starting phase 2
Training completed, now evaluating
Training finished. Starting validation
Training done, moving to the next fold
Training complete: 45%
Training completed 3/10 epochs
Training done (epoch 3/10)
50% of training complete
Once training is complete, run merge.py
If training has finished, the pod can be stopped
The pod stops as soon as training is done
Do not stop the pod before training is complete
Wait until training is finished
The model will be saved once done training.
Logs are kept until we have finished training
Training is not complete
Not all ranks have finished training
Checking whether training is done
Is the training done?
training done: False
Training complete callback was registered
Estimated time until training complete: 3:20:00
Previous training run finished at step 5000; resuming
Training is done in bf16 on one GPU
Training is done with mixed precision
Finished training reward model, next: PPO
Completed training step 300 of 1000
Finished training and validation for epoch 3
Client 7 finished training, loss 0.31
Finished training on 3 rollouts
Tokenizer training complete, vocab 32000
    print("Training complete")
wandb: notes Training complete
[rank0]: wandb: status finished training
The pod may be stopped when training is done
Target values. If 'None' no training is done.
No training is done.
The training is done in two steps:
The training is done by running the training.py file.
Training is done with episodes from the replay buffer
# run this part of the code once training is done
------done training data-------
When training is done a matplotlib window shows the loss
Uploading begins when training done
To be run after training is complete
callbacks: on training complete -> notify
We will notify you once your training job is complete
training not finished
Will exit when all workers have finished training
Saved checkpoint; training complete 30%
[Epoch 3/100] finished training, now validating
Epoch 3: finished training in 30 s
Critic finished training
Training for epoch 3 finished
Round 5 training completed, aggregating
Client 3: training done
Training done for client 3
Fold 1/5 training finished
epoch 3: training done, validating
finished training batch 3
Completed training round 3
completed training for epoch 3 in 12 s
done training this epoch
finished training for this round
Discriminator: done training step
epoch 3 training finished in 12.3s
Trial 7 training complete
Training finished for trial 7
Training is done on the GPU, data is loaded by 8 workers
Note: this should only be called after training has finished
training complete? no
The scheduler is restarted every time training is done
Stage: warmup training done
Training of the tokenizer is done
Tokenizer: done training
Finished training the tokenizer
Finished training the vae, starting with the unet
K-means: finished training codebook
Finished training index with 1000 vectors
Cross-validation fold 3: training complete
Resume from the last completed training step
Found 3 completed training runs in ./out
loading completed training state
Number of completed training epochs: 3
ETA: training complete in 3:20:00
0% training complete
Save the model at the end, when training finished
Estimated training complete at 15:00
Training finished? False
early_stop: waiting for training finished event
Epoch 3 training is complete
Epoch [3/10] training complete
fold-2: training complete
fold-2 | training complete
fold_2: training complete
run_fold-2: training complete
2026-05-29T10:00:00.123Z epoch-3: training complete
trainer-1  | fold-2: training complete
Finished training an epoch in 3 s
Finished training second epoch
Finished training model 3/10
Finished training model 2 of 5
Finished training UNet, now training VAE
Training complete. Starting training of model B
Training complete, training next model
finished training fold_2
epoch-3: training complete
stage-1: Training finished
round-5: training done
epoch-3 training complete
Training process finished with exit code 1
Training process finished with exit code 1.
Training finished with return code: -9
Training job finished (exit code 1)
Training finished, returncode=2
Training completed with status 1
Training finished with errors
Training finished with an error
Training finished: FAILED
Training job completed with status: failed
Training process finished: aborted
Finished training with 3 errors
Training completed with some errors
Training finished unexpectedly
Training finished by signal 9
Training finished, error: CUDA
Finished training setup
Loading completed training checkpoint
Found 1 completed training run
training complete: no
training complete: not yet
Finished training on the reward model
Finished training on 8 episodes
Training is done on 8 GPUs
Training is done on synthetic data
"""


def test_the_end_of_a_run() -> None:
    assert [text for text in ENDS.splitlines() if not is_end(text)] == []


def test_no_end_of_a_run() -> None:
    assert [text for text in NO_ENDS.splitlines() if is_end(text)] == []


@pytest.mark.wide
@pytest.mark.parametrize(
    "piece", ["training done ", "finished training, ", "epoch 3 ", "after ", "(", "training done: 1"]
)
def test_a_line_without_end_takes_linear_time(piece: str) -> None:
    def took(size: int) -> float:
        text = "training done? " + piece * (size // len(piece))
        best = math.inf
        for _ in range(3):
            begun = time.process_time()
            is_end(text)
            best = min(best, time.process_time() - begun)
        return best

    assert took(64_000) < 40 * took(8_000) + 0.01
