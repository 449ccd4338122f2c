#[test]
#[ignore]
fn perf() {
    use super::*;
    let l = Ledger::default();
    let run = l.open_run(RunSettings { mode: Mode::Production, max_keys: 100, grace_ms: 1.0 });
    let n = 1_000_000u32;
    let mut all = vec![];
    for start in (0..n).step_by(8192) {
        let k = 8192.min(n - start);
        let mut w = vec![1.0, run as f64, 0.0, 1.0, f64::from(u8::from(start + k >= n)), n as f64, n as f64, 1.0, n as f64, 2.0, 3.0, 1.0, 2.0, 1.0, 1.0, 0.0, k as f64];
        for j in 0..k { let o = f64::from(start + j + 1); w.extend([o, o, 0.0, 0.0]); }
        all.push(w);
    }
    for _ in 0..5 {
    let t = std::time::Instant::now();
    for w in &all { Batch::decode(w).unwrap(); }
    eprintln!("decode {:?}", t.elapsed());
    let run = l.open_run(RunSettings { mode: Mode::Production, max_keys: 100, grace_ms: 1.0 });
    for w in &mut all { w[1] = f64::from(run); }
    let t = std::time::Instant::now();
    let (last, rest) = all.split_last().unwrap();
    for w in rest { l.apply(w).unwrap(); }
    eprintln!("slices {:?}", t.elapsed());
    l.apply(last).unwrap();
    eprintln!("all {:?}", t.elapsed());
    }
}
