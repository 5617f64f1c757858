//! Several futures at once.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;

/// Waits for several futures at once and gives all their outputs: `let (a, b) = join!(first, second);`.
#[macro_export]
macro_rules! join {
    ($($future:expr),+ $(,)?) => {
        $crate::__join(($($future,)+)).await
    };
}

/// Waits for all futures of a list, whose length need not be known when the plugin is written.
pub async fn join_all<F: Future>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    let mut running: Vec<Pin<Box<F>>> = futures.into_iter().map(Box::pin).collect();
    let mut outputs: Vec<Option<F::Output>> = running.iter().map(|_| None).collect();
    poll_fn(|cx| {
        for (future, output) in running.iter_mut().zip(&mut outputs).filter(|(_, output)| output.is_none()) {
            if let Poll::Ready(value) = future.as_mut().poll(cx) {
                *output = Some(value);
            }
        }
        match outputs.iter().any(Option::is_none) {
            true => Poll::Pending,
            false => Poll::Ready(outputs.iter_mut().filter_map(Option::take).collect()),
        }
    })
    .await
}

#[doc(hidden)]
pub fn join<T: Join>(futures: T) -> impl Future<Output = T::Output> {
    futures.join()
}

/// A tuple of futures.
#[doc(hidden)]
pub trait Join {
    type Output;

    fn join(self) -> impl Future<Output = Self::Output>;
}

macro_rules! tuples {
    ($(($($future:ident $output:ident),+))+) => {
        $(
            #[allow(non_snake_case, reason = "type parameters name the variables too")]
            impl<$($future: Future),+> Join for ($($future,)+) {
                type Output = ($($future::Output,)+);

                async fn join(self) -> Self::Output {
                    let ($($future,)+) = self;
                    $(let mut $future = pin!($future); let mut $output = None;)+
                    poll_fn(|cx| {
                        $(
                            if $output.is_none() {
                                if let Poll::Ready(value) = $future.as_mut().poll(cx) {
                                    $output = Some(value);
                                }
                            }
                        )+
                        if $($output.is_none())||+ {
                            return Poll::Pending;
                        }
                        match ($($output.take(),)+) {
                            ($(Some($output),)+) => Poll::Ready(($($output,)+)),
                            _ => Poll::Pending,
                        }
                    })
                    .await
                }
            }
        )+
    };
}

tuples! {
    (A a)
    (A a, B b)
    (A a, B b, C c)
    (A a, B b, C c, D d)
    (A a, B b, C c, D d, E e)
    (A a, B b, C c, D d, E e, F f)
}
